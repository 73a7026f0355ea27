// peer WORK COUNT | peer WORK BYTES PRODUCER
//
// WORK is echo, many, count or lines. Prints a sample as JSON, as the scripts in ../src/contenders do.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	lineBytes   = 80
	warmUpBytes = 8_000_000
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func expectEqual(actual, expected int, what string) {
	if actual != expected {
		check(fmt.Errorf("%s: %d instead of %d", what, actual, expected))
	}
}

func capture() bool {
	var stdout, stderr bytes.Buffer
	command := exec.Command("echo", "hi")
	command.Stdout, command.Stderr = &stdout, &stderr
	return command.Run() == nil && strings.TrimRight(stdout.String(), "\n") == "hi"
}

func echo(count int) map[string]float64 {
	for i := 0; i < count/3; i++ {
		capture()
	}
	times := make([]float64, count)
	right, sum := 0, 0.0
	for i := range times {
		started := time.Now()
		if capture() {
			right++
		}
		times[i] = float64(time.Since(started).Nanoseconds()) / 1e3
		sum += times[i]
	}
	expectEqual(right, count, "right answers")
	sort.Float64s(times)
	median := (times[(count-1)/2] + times[count/2]) / 2
	return map[string]float64{"median": median, "mean": sum / float64(count)}
}

func many(count int) map[string]float64 {
	for i := 0; i < 50; i++ {
		capture()
	}
	var right atomic.Int64
	var all sync.WaitGroup
	started := time.Now()
	for i := 0; i < count; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			if capture() {
				right.Add(1)
			}
		}()
	}
	all.Wait()
	elapsed := time.Since(started).Seconds()
	expectEqual(int(right.Load()), count, "right answers")
	return map[string]float64{"perSecond": float64(count) / elapsed}
}

func start(producer string, size int, kind string) (*exec.Cmd, io.Reader) {
	command := exec.Command(producer, strconv.Itoa(size), kind)
	command.Stderr = os.Stderr
	stdout, err := command.StdoutPipe()
	check(err)
	check(command.Start())
	return command, stdout
}

func countBytes(producer string, size int) int {
	command, stdout := start(producer, size, "data")
	buffer := make([]byte, 65536)
	total := 0
	for {
		got, err := stdout.Read(buffer)
		total += got
		if err == io.EOF {
			break
		}
		check(err)
	}
	check(command.Wait())
	return total
}

func readLines(producer string, size int) (lines, characters int) {
	command, stdout := start(producer, size, "lines")
	scanner := bufio.NewScanner(stdout)
	for scanner.Scan() {
		lines++
		characters += len(scanner.Text())
	}
	check(scanner.Err())
	check(command.Wait())
	return lines, characters
}

func speed(size int, started time.Time) map[string]float64 {
	return map[string]float64{"gigabytesPerSecond": float64(size) / time.Since(started).Seconds() / 1e9}
}

func count(producer string, size int) map[string]float64 {
	countBytes(producer, warmUpBytes)
	started := time.Now()
	expectEqual(countBytes(producer, size), size, "bytes")
	return speed(size, started)
}

func lines(producer string, size int) map[string]float64 {
	readLines(producer, warmUpBytes)
	started := time.Now()
	lines, characters := readLines(producer, size)
	sample := speed(size, started)
	expectEqual(lines, size/lineBytes, "lines")
	expectEqual(characters, size-lines, "characters without newlines")
	return sample
}

func main() {
	if len(os.Args) < 3 {
		check(fmt.Errorf("usage: peer WORK COUNT | peer WORK BYTES PRODUCER"))
	}
	amount, err := strconv.Atoi(os.Args[2])
	check(err)
	var sample map[string]float64
	switch os.Args[1] {
	case "echo":
		sample = echo(amount)
	case "many":
		sample = many(amount)
	case "count":
		sample = count(os.Args[3], amount)
	case "lines":
		sample = lines(os.Args[3], amount)
	default:
		check(fmt.Errorf("no such work: %s", os.Args[1]))
	}
	check(json.NewEncoder(os.Stdout).Encode(sample))
}
