#!/usr/bin/env sh
":" /*
# A shell reads this file up to `exec`; then Node reads it, for which these lines are a comment. Being one
# file, it needs no readlink to find the program behind npm's symbolic link.
#
# Before any JavaScript runs, Node changes ignored and blocked signals, and opens or marks descriptors.
# Commands that start another pass the original state on to it, so the shell records it
# (src/cli/inherited.ts).
case $0 in timeout | *[/]timeout) set -- timeout "$@" ;; esac
case $1 in timeout | run | sync | every | job | worker) [ -r /proc/self/status ] ;; *) false ;; esac
if [ $? = 0 ]; then
  while read -r spillway_name spillway_value; do
    case $spillway_name in
      SigBlk:) SPILLWAY_INHERITED=$spillway_value ;;
      SigIgn:) SPILLWAY_INHERITED="$SPILLWAY_INHERITED $spillway_value " ;;
    esac
  done </proc/self/status
  for spillway_fd in /proc/self/fd/*; do
    # Skips the descriptor that lists the directory, and this script.
    if [ -e "$spillway_fd" ] && ! [ "$spillway_fd" -ef "$0" ]; then
      SPILLWAY_INHERITED="$SPILLWAY_INHERITED,${spillway_fd#/proc/self/fd/}"
    fi
  done
  export SPILLWAY_INHERITED
fi
exec node "$0" "$@"
*/
// This file is not built: npm links it during installation, before a fresh clone is built.
require('../dist/cjs/cli/main.cjs');
