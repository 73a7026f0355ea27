/** What articles say, beside what this machine says. */
export { type Answer, answersOf, type Claim, claims } from './claims.js';
