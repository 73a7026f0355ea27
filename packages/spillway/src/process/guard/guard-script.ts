/**
 * The guard's script, for a POSIX shell, so that it needs no living part of this program.
 *
 * Standard input is a pipe; only the guarded program holds the other end. The kernel brings its end of file
 * however that program dies. Descriptor 3 then lists the runs under way, one a line: mark, signal, and grace
 * period in hundredths of a second. The guard ends every process with such a mark, by the ladder of its run.
 * An exec between the look and the signal changes nothing; the script signals at once after the look, so that
 * a pid is unlikely to be reused in between.
 */
export const GUARD_SCRIPT = `
trap '' HUP INT QUIT TERM TSTP TTIN TTOU USR1 USR2 ALRM PIPE
read -r nothing

# Processes that carry one of the marks (one mark a line).
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
  # A process that forks quickly may take several rounds.
  rounds=100
  while pids=$(marked "$3"); [ "$pids" ] && [ "$rounds" -gt 0 ]; do
    kill -9 $pids
    rounds=$((rounds - 1))
    sleep 0.02
  done
}

runs=$(cat <&3)
kinds=$(echo "$runs" | while read -r mark signal grace; do
  [ "$mark" ] && echo "$signal $grace"
done | sort -u)
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
