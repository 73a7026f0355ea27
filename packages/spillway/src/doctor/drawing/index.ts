/** A finding as a small drawing for a terminal. */
export { type DrawingOptions, drawing } from './drawing.js';
