#!/usr/bin/env sh
":" /*
# A shell reads this file first, and up to `exec`; Node reads it next, for which all this is a comment. It needs no readlink that way
# to find the program behind npm's symbolic link.
#
# Node changes what it was started with before any JavaScript runs: which signals are ignored or blocked, which descriptors are open.
# `timeout` owes its command all of that, so it is looked at here (src/cli/timeout/inherited.ts).
case $0 in timeout | *[/]timeout) set -- timeout "$@" ;; esac
if [ "$1" = timeout ] && [ -r /proc/self/status ]; then
  while read -r spillway_name spillway_value; do
    case $spillway_name in
      SigBlk:) SPILLWAY_INHERITED=$spillway_value ;;
      SigIgn:) SPILLWAY_INHERITED="$SPILLWAY_INHERITED $spillway_value " ;;
    esac
  done </proc/self/status
  for spillway_fd in /proc/self/fd/*; do
    # Neither what listed them nor this script.
    if [ -e "$spillway_fd" ] && ! [ "$spillway_fd" -ef "$0" ]; then
      SPILLWAY_INHERITED="$SPILLWAY_INHERITED,${spillway_fd#/proc/self/fd/}"
    fi
  done
  export SPILLWAY_INHERITED
fi
exec node "$0" "$@"
*/
// Not part of the build, since npm links a command when it installs, and a fresh clone is built only after that.
import '../dist/cli/main.js';
