/*
 * Writes lines at a pace, or as fast as it can, and tells how long it took.
 *
 * Usage: pacedlines LINES LINES_PER_SECOND FILE
 * LINES_PER_SECOND is 0 for as fast as it can. Writes to stdout, and the milliseconds to FILE.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void write_all(const char *bytes, size_t left)
{
    while (left > 0) {
        ssize_t count = write(1, bytes, left);
        if (count < 0)
            exit(1);
        bytes += count;
        left -= (size_t)count;
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    long lines = atol(argv[1]);
    double pace = atof(argv[2]);
    static char buffer[65536];
    size_t used = 0;
    double start = now();
    for (long i = 0; i < lines; i++) {
        used += (size_t)snprintf(buffer + used, 64, "%09ld a line as programs write it\n", i);
        if (used < sizeof buffer - 64)
            continue;
        write_all(buffer, used);
        used = 0;
        double ahead = pace > 0 ? (double)i / pace - (now() - start) : 0;
        if (ahead > 0.001)
            usleep((unsigned)(ahead * 1e6));
    }
    write_all(buffer, used);
    FILE *file = fopen(argv[3], "w");
    if (!file)
        return 1;
    fprintf(file, "%.1f\n", (now() - start) * 1000);
    return fclose(file);
}
