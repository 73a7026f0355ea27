/** Findings and their confidence: pure functions of snapshots. */
export { type Changes, changesBetween } from './changes.js';
export * from './finding.js';
export { judge, needs } from './judge.js';
export { processStory } from './story.js';
