# peer.rb WORK COUNT | peer.rb WORK BYTES PRODUCER
#
# WORK is echo, many, count or lines. Prints a sample as JSON, as the scripts in ../src/contenders do.

require 'json'
require 'open3'

LINE_BYTES = 80
WARM_UP_BYTES = 8_000_000

def expect_equal(actual, expected, what)
  raise "#{what}: #{actual} instead of #{expected}" unless actual == expected
end

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

def capture
  stdout, _stderr, status = Open3.capture3('echo', 'hi')
  status.success? && stdout.chomp == 'hi'
end

def median(values)
  sorted = values.sort
  (sorted[(sorted.size - 1) / 2] + sorted[sorted.size / 2]) / 2.0
end

def echo(count)
  (count / 3).times { capture }
  right = 0
  times = Array.new(count) do
    started = now
    right += 1 if capture
    (now - started) * 1e6
  end
  expect_equal(right, count, 'right answers')
  { median: median(times), mean: times.sum / count }
end

def start
  stdout, stdout_end = IO.pipe
  stderr, stderr_end = IO.pipe
  pid = Process.spawn('echo', 'hi', in: File::NULL, out: stdout_end, err: stderr_end)
  stdout_end.close
  stderr_end.close
  [pid, stdout, stderr]
end

def finish((pid, stdout, stderr))
  text = stdout.read
  stderr.read
  stdout.close
  stderr.close
  _, status = Process.wait2(pid)
  status.success? && text.chomp == 'hi'
end

# Not by 1,000 threads with Open3.capture3, which starts two more threads for each: far slower.
def many(count)
  50.times { finish(start) }
  started = now
  running = Array.new(count) { start }
  right = running.count { |child| finish(child) }
  elapsed = now - started
  expect_equal(right, count, 'right answers')
  { perSecond: count / elapsed }
end

def count_bytes(producer, size)
  total = 0
  buffer = String.new(capacity: 65_536)
  IO.popen([producer, size.to_s, 'data'], 'rb') do |stdout|
    total += buffer.bytesize while stdout.read(65_536, buffer)
  end
  total
end

def count(size, producer)
  count_bytes(producer, WARM_UP_BYTES)
  started = now
  expect_equal(count_bytes(producer, size), size, 'bytes')
  { gigabytesPerSecond: size / (now - started) / 1e9 }
end

def read_lines(producer, size)
  lines = characters = 0
  IO.popen([producer, size.to_s, 'lines']) do |stdout|
    stdout.each_line(chomp: true) do |line|
      lines += 1
      characters += line.length
    end
  end
  [lines, characters]
end

def lines(size, producer)
  read_lines(producer, WARM_UP_BYTES)
  started = now
  lines, characters = read_lines(producer, size)
  elapsed = now - started
  expect_equal(lines, size / LINE_BYTES, 'lines')
  expect_equal(characters, size - lines, 'characters without newlines')
  { gigabytesPerSecond: size / elapsed / 1e9 }
end

# As Node, Bun, Deno and Go do at their start: 1,000 children need more descriptors than the usual 1,024.
most = Process.getrlimit(:NOFILE).last
Process.setrlimit(:NOFILE, most, most)
work, amount, *rest = ARGV
sample =
  case work
  when 'echo' then echo(amount.to_i)
  when 'many' then many(amount.to_i)
  when 'count' then count(amount.to_i, *rest)
  when 'lines' then lines(amount.to_i, *rest)
  else abort "no such work: #{work}"
  end
puts JSON.generate(sample)
