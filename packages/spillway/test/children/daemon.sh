#!/bin/sh
# Leaves a daemon behind: a grandchild in a session of its own that holds the standard streams. Prints its
# pid, and then $2 zeros. $1: where a fifo may be made.
mkfifo "$1"
setsid sh -c 'echo $$ >"$0"; exec sleep 20' "$1" &
read -r pid <"$1"
rm "$1"
echo "$pid"
printf "%0$2d" 0
