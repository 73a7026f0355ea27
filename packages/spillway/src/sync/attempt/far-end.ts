/**
 * The guard of the far end: a small POSIX shell script that goes along with the remote command and starts the
 * far rsync there.
 *
 * A link that is cut leaves the far rsync behind: it holds the file, and the next attempt begins it from zero
 * (RsyncProject/rsync#330). So the guard
 * - first ends what an earlier attempt to the same destination has left, found by a mark in its environment;
 * - ends its own rsync when sshd, through which it came, is gone;
 * - keeps the temporary file of a receiver that was killed, as a partial file.
 *
 * It needs grep and /proc; without them it says so and only starts rsync. Times are in whole seconds, for a
 * sleep that knows no others.
 */
import { GUARD_WORD } from '../rsync/index.js';
import { PARTIAL_FOLDER } from './command-line.js';

/** Which processes belong together over there. */
export interface FarMark {
  /** The same for every sync from this machine to this destination. */
  readonly destination: string;
  readonly job: string;
  readonly part: number;
  readonly attempt: number;
}

const VARIABLE = 'SPILLWAY_SYNC';

/** $1 to $4: the mark; $5: seconds between TERM and KILL; then the far rsync. */
const SCRIPT = `
i=$1; j=$2; p=$3; n=$4; g=$5; shift 5
say() { echo "${GUARD_WORD}$1" >&2; }
if ! [ -r /proc/self/environ ]; then say "no /proc"; exec "$@"; fi
if ! command -v grep >/dev/null; then say "no grep"; exec "$@"; fi

# The processes of other attempts ($1 is 0) or of this one (1) in $l; other parts of this job are left alone.
look() {
  l=
  for f in $(grep -ls "${VARIABLE}=$i:" /proc/[0-9]*/environ); do
    if grep -qs "=$i:$j:$p:$n;" $f; then o=1
    elif grep -qs "=$i:$j:" $f && ! grep -qs "=$i:$j:$p:" $f; then o=2
    else o=0; fi
    if [ $o = $1 ]; then f=$(dirname $f); l="$l $(basename $f)"; fi
  done
  [ "$l" ]
}
nap() { sleep 0.2 2>/dev/null || sleep 1; }
stop() {
  look $1 || return 0
  kill -TERM $l 2>/dev/null; kill -CONT $l 2>/dev/null
  k=0; while look $1 && [ $k -lt $((g*5)) ]; do nap; k=$((k+1)); done
  k=0; while look $1 && [ $k -lt 50 ]; do kill -KILL $l 2>/dev/null; nap; k=$((k+1)); done
}
stop 0
t=$(date +%s)

# The processes through which this shell came, up to the first sshd.
q=; a=$PPID
while [ "$a" ] && [ "$a" -gt 1 ] && [ -r /proc/$a/status ]; do
  q="$q $a"; m=; b=
  while read -r c v; do
    case $c in Name:) m=$v;; PPid:) b=$v; break;; esac
  done </proc/$a/status
  case $m in *sshd*|dropbear*) break;; esac
  a=$b
done

# A command in the background would read /dev/null.
exec 3<&0
${VARIABLE}="$i:$j:$p:$n;" "$@" <&3 3<&- &
c=$!
exec 3<&- </dev/null >/dev/null
say ready
(
  exec 2>/dev/null
  while sleep 1; do
    [ -e /proc/$c ] || exit
    for a in $q; do if ! [ -e /proc/$a ]; then stop 1; exit; fi; done
  done
) &
w=$!
trap "stop 1; kill $w 2>/dev/null; exit 143" TERM HUP INT
wait $c; s=$?
kill $w 2>/dev/null

# Temporary files of a receiver that was killed: not older than this attempt, named .name.XXXXXX.
case " $* " in *" --sender "*) exit $s;; esac
case $s in 0|20|23|24|25) exit $s;; esac
for d; do :; done
case $d in -*) d=./$d;; esac
m=$((($(date +%s)-t)/60+1))
find "$d" -name ${PARTIAL_FOLDER} -prune -o -type f -name ".?*.??????" -mmin -$m -print 2>/dev/null |
while IFS= read -r f; do
  o=$(dirname "$f")/${PARTIAL_FOLDER}
  b=\${f##*/.}; b=\${b%.??????}
  x=$(wc -c <"$f" 2>/dev/null) || continue
  y=$(wc -c 2>/dev/null <"$o/$b") || y=-1
  if [ $x -gt $y ]; then mkdir -m 700 "$o" 2>/dev/null; mv -f "$f" "$o/$b"; else rm -f "$f"; fi
done
exit $s
`;

/**
 * The script on one line, without comments: whatever shell the user has over there reads it as one word. So
 * it has no single quote, no backslash, and a space behind each exclamation mark.
 */
const LINE = SCRIPT.replace(/^\s*#.*\n/gm, '')
  .split('\n')
  .map((line) => line.trim())
  .filter((line) => line !== '')
  .reduce((text, line) => text + separator(text) + line);

function separator(text: string): string {
  return /(?:^|[^&])&$|\|$|[({]$|\b(?:do|then|in)$|;;$/.test(text) ? ' ' : '; ';
}

/** What takes the place of `rsync` in the remote command. */
export function guardedProgram(mark: FarMark, graceMs: number, program = 'rsync'): string {
  const { destination, job, part, attempt } = mark;
  const grace = Math.max(1, Math.ceil(graceMs / 1000));
  return `sh -c '${LINE}' spillway-far-guard ${destination} ${job} ${part} ${attempt} ${grace} ${program}`;
}
