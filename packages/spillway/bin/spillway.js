#!/usr/bin/env node
// Not part of the build, since npm links a command when it installs, and a fresh clone is built only after that.
import '../dist/cli/main.js';
