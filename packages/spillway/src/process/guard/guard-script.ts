/**
 * The guard's script, for a POSIX shell, so that it needs no living part of this program.
 *
 * Standard input is a pipe; only the guarded program holds the other end. The kernel brings its end of file
 * however that program dies. Descriptor 3 then lists the runs under way, one a line: mark, signal, and grace
 * period in hundredths of a second. The guard ends every process with such a mark, by the ladder of its run.
 * An exec between the look and the signal changes nothing; the script signals at once after the look, so that
 * a pid is unlikely to be reused in between.
 *
 * The list is no order to obey: the program may have dropped its rights since it started the guard, and still
 * holds the file. A line counts only if its mark begins with the prefix ($1) that the program had then, and
 * its other words are small numbers: it can name nothing but the program's own runs. A process counts only by
 * the variable SPILLWAY_RUN itself, not by that text in another one.
 *
 * With the word "leases" ($2), a line has a fourth number: when the run's lease ends, in hundredths of a
 * second since boot. Twice a second the guard ends those whose lease is over, while the program may live on.
 *
 * GNU's grep looks at hundreds of environments at once, as records that end with NUL. Where there is no such
 * grep, tr and the shell look at one after the other.
 */
import { MARK_VARIABLE } from '../mark.js';

/** Shows the guard whether its grep knows options of GNU's. */
export const PROBE = 'SPILLWAY_GUARD';
/** What it cannot work without. */
export const GUARD_TOOLS = ['tr', 'sleep'];
export const WATCHES_LEASES = 'leases';

export const GUARD_SCRIPT = `
trap '' HUP INT QUIT TERM TSTP TTIN TTOU USR1 USR2 ALRM PIPE
prefix=$1
newline='
'

# A whole number of at most ten digits.
is_number() {
  case $1 in '' | *[!0-9]* | 0?* | ???????????*) return 1 ;; esac
}

# The valid lines of the list: number of the run, signal, grace period. With a time ($1), of those whose
# lease was over by then.
accepted() {
  while read -r mark signal grace until more; do
    case $mark in "$prefix"*";") ;; *) continue ;; esac
    number=\${mark#"$prefix"}
    number=\${number%";"}
    [ -z "$1" ] || { is_number "$until" && [ "$until" -le "$1" ]; } || continue
    if is_number "$number" && is_number "$signal" && is_number "$grace" && [ -z "$more" ] &&
      [ "$signal" -ge 1 ] && [ "$signal" -le 64 ]; then
      echo "$number $signal $grace"
    fi
  done
}

# The variable in these environments, one a line behind the file's name.
by_grep() {
  mark='[0-9]+-[0-9a-z]+[.][0-9]+;'
  grep -sazoHE "^${MARK_VARIABLE}=($mark)*\${prefix%.}[.][0-9]+;" "$@" | tr '\\0' '\\n'
}
by_shell() {
  for file; do
    tr '\\n\\0' '\\001\\n' <"$file" | while read -r line; do
      case $line in ${MARK_VARIABLE}=*) echo "$file:$line" && break ;; esac
    done
  done
}

# The same in all environments; the system limits a command's arguments, so many files go in pieces.
variables() {
  set -- /proc/[0-9]*/environ
  if [ $# -lt 2000 ]; then
    "$look" "$@"
    return
  fi
  files=
  count=0
  for file; do
    files="$files $file"
    count=$((count + 1))
    [ "$count" -lt 1000 ] && continue
    "$look" $files
    files=
    count=0
  done
  [ "$count" = 0 ] || "$look" $files
}

# Processes of the runs with this signal and grace period.
marked() {
  variables | while read -r line; do
    marks=";\${line#*:${MARK_VARIABLE}=}"
    case $marks in *";$prefix"*";"*) ;; *) continue ;; esac
    number=\${marks#*";$prefix"}
    number=\${number%%;*}
    case $runs in *"$newline$number $1 $2$newline"*) ;; *) continue ;; esac
    file=\${line%%:*}
    file=\${file#/proc/}
    echo "\${file%/environ}"
  done
}

# Hundredths of a second since the boot.
now() {
  read -r uptime rest </proc/uptime
  clock=\${uptime%.*}\${uptime#*.}
  # A zero in front would make it octal.
  while :; do case $clock in 0?*) clock=\${clock#0} ;; *) break ;; esac done
}

# signal, grace period
ladder() {
  pids=$(marked "$1" "$2")
  [ "$pids" ] || return 0
  now
  end=$((clock + $2))
  kill -"$1" $pids
  [ "$1" = 9 ] || kill -CONT $pids
  while now; [ "$clock" -lt "$end" ]; do
    sleep 0.05
    [ "$(marked "$1" "$2")" ] || return 0
  done
  # A process that forks quickly may take several rounds.
  rounds=100
  while pids=$(marked "$1" "$2"); [ "$pids" ] && [ "$rounds" -gt 0 ]; do
    kill -9 $pids
    rounds=$((rounds - 1))
    sleep 0.02
  done
}

# Ends the runs of these lines, as "accepted" prints them.
end_runs() {
  runs=$newline$1$newline
  kinds=$(echo "$runs" | {
    seen=
    while read -r number signal grace; do
      case "$number $seen" in " "* | *" $signal:$grace "*) continue ;; esac
      seen="$seen $signal:$grace "
      echo "$signal $grace"
    done
  })
  echo "$kinds" | {
    while read -r signal grace; do
      [ "$signal" ] && ladder "$signal" "$grace" &
    done
    wait
  }
}

# The lines of the list, from standard input.
listed() {
  tr -d '\\0' | accepted "$1"
}

# Those of these lines whose runs have not been ended here.
fresh() {
  IFS=$newline
  for line in $1; do
    case $ended in *"$newline$line$newline"*) ;; *) echo "$line" ;; esac
  done
}

# Zombies are gone, too: not every system has a first process that reaps them.
is_alive() {
  read -r stat <"/proc/$1/stat" || return 1
  case \${stat##*") "} in [ZX]*) return 1 ;; esac
}

# Each run once. If the guard itself is killed, this part stays for the runs that are listed.
watch_leases() {
  ended=$newline
  while sleep 0.5; do
    now
    # Opened anew, since its other readers move on in it.
    due=$(fresh "$(listed "$clock" </proc/self/fd/3)")
    if [ "$due" ]; then
      ended=$ended$due$newline
      end_runs "$due" &
    fi
    is_alive $$ || [ "$(fresh "$(listed '' </proc/self/fd/3)")" ] || break
  done
}

choose_look() {
  look=by_shell
  [ "$(grep -sazo '^${PROBE}=yes$' "/proc/$$/environ" | tr -d '\\0')" = ${PROBE}=yes ] && look=by_grep
}

watcher=
if [ "$2" = ${WATCHES_LEASES} ]; then
  choose_look
  watch_leases </dev/null &
  watcher=$!
fi
read -r nothing
[ -z "$watcher" ] || kill -9 "$watcher"
choose_look
end_runs "$(listed <&3)"
`;
