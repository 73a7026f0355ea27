/** Calls on terminals, controlling and pseudo. */

export {
  closeTerminal,
  exitLeavingTerminal,
  foregroundGroup,
  groupInFrontOf,
  openControllingTerminal,
  ownGroup,
  setForegroundGroup,
  setModes,
  terminalModes,
} from './controlling-terminal.js';
export {
  type LineEditing,
  lineEditing,
  openPseudoTerminal,
  type PseudoTerminal,
  setWindowSize,
  type WindowSize,
  windowSize,
} from './pty.js';
