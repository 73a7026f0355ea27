/** Pictures of what was measured. */
export type { Curves, HeatMap, Picture, Strip } from './picture.js';
export { brief, inText } from './text.js';
