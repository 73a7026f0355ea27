/** Pictures of what was measured. */
export type { Curves, HeatMap, Picture, Strip } from './picture.js';
export { DARK_STYLE, RULES, STYLE, svgFile, svgOf } from './svg.js';
export { brief, inText } from './text.js';
