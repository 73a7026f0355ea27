#!/bin/sh
# Reads jobs, one a line, from the pipe `jobs` and writes one line for each into the pipe `done`.
#
# Both are plain pipes: SPILLWAY_CHANNELS has them as `jobs=3r::…` and `done=4w::…`. In redirections, POSIX
# shells can use the descriptors 0 to 9.

descriptor() {
  for entry in $SPILLWAY_CHANNELS; do
    case $entry in
      "$1"=*) entry=${entry#*=}; echo "${entry%%[rw]*}"; return ;;
    esac
  done
  echo "no pipe '$1' was passed on to this process" >&2
  exit 1
}

in=$(descriptor jobs) && out=$(descriptor done) || exit 1

while IFS= read -r job <&"$in"; do
  printf '%s has %d characters\n' "$job" "${#job}" >&"$out"
done
