/**
 * What the guard runs: a POSIX shell, so that it needs nothing of this program to be alive.
 *
 * Standard input is a pipe of which the guarded program alone holds the other end. At its end-of-file, which
 * the kernel brings about however a process dies, descriptor 3 has the runs that were under way: a line each
 * with their mark, signal and grace period in hundredths of a second. Whatever carries such a mark is ended,
 * with the ladder that its run had asked for. An exec between the look and the signal changes nothing; that a
 * number is given to another process in between is as unlikely as a shell can make it.
 */
export const GUARD_SCRIPT = `
trap '' HUP INT QUIT TERM TSTP TTIN TTOU USR1 USR2 ALRM PIPE
read -r nothing

# Processes that carry one of the marks, given a line each.
marked() {
  for file in $(grep -lsaF -e "$1" /proc/[0-9]*/environ); do
    file=\${file#/proc/}
    echo "\${file%/environ}"
  done
}

# Hundredths of a second since the boot.
now() {
  read -r uptime rest </proc/uptime
  clock=\${uptime%.*}\${uptime#*.}
}

# signal, grace period, marks
ladder() {
  pids=$(marked "$3")
  [ "$pids" ] || return 0
  now
  end=$((clock + $2))
  kill -"$1" $pids
  [ "$1" = 9 ] || kill -CONT $pids
  while now; [ "$clock" -lt "$end" ]; do
    sleep 0.05
    [ "$(marked "$3")" ] || return 0
  done
  # One that forks as fast as it can may take several rounds.
  rounds=100
  while pids=$(marked "$3"); [ "$pids" ] && [ "$rounds" -gt 0 ]; do
    kill -9 $pids
    rounds=$((rounds - 1))
    sleep 0.02
  done
}

runs=$(cat <&3)
kinds=$(echo "$runs" | while read -r mark signal grace; do [ "$mark" ] && echo "$signal $grace"; done | sort -u)
echo "$kinds" | {
  while read -r signal grace; do
    [ "$signal" ] || continue
    marks=$(echo "$runs" | while read -r mark itsSignal itsGrace; do
      [ "$itsSignal $itsGrace" = "$signal $grace" ] && echo "$mark"
    done)
    ladder "$signal" "$grace" "$marks" &
  done
  wait
}
`;
