/** Experiments that show what pipes and processes do on this machine. */

export { splitIn } from './atomicity/index.js';
export { experiments } from './catalogue.js';
export { type Answer, answersOf, claims } from './claims/index.js';
export { type Description, type Experiment, GROUPS, type Group } from './experiment.js';
export { CannotRun, type Check, Notes, type Verdict } from './notes.js';
export { broken, type Outcome, outcomeOf, verdictOf } from './outcome.js';
export { performHere, reportOf } from './perform.js';
export { type Picture, svgFile } from './picture/index.js';
export * from './report/index.js';
export { outcomes, type RunnerOptions } from './runner.js';
