/** Why a command was still running when its time was up, in the doctor's words and from this side. */
export { ownContribution } from './own-contribution.js';
export { type Explanation, TimeoutDiagnosis } from './timeout-diagnosis.js';
