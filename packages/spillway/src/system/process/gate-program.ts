/**
 * A program that waits for one byte and then becomes another program, which finds all that it would have
 * found without the one before: its name, its arguments, each variable, the pid.
 *
 * No program of the system does that. A shell drops variables that have no name for it (`BASH_FUNC_f%%`,
 * `a.b`), sets PWD and others, complains on stderr of a directory that has been removed, and cannot choose
 * argv[0]; env(1) and prlimit(1) cannot either, and run a file of unknown format by a shell. So these are a
 * few instructions, executed from a file in memory.
 *
 * argv: the number of a socket, in decimal; the path; argv of the program. The program itself is the
 * descriptor after the socket. What it does:
 *
 *     if (read(socket, &byte, 1) != 1) exit(125);       // again after EINTR
 *     close(socket + 1);
 *     fcntl(socket, F_SETFD, FD_CLOEXEC);
 *     execve(argv[1], argv + 2, envp);                  // its success closes the socket
 *     write(socket, &errno, 4); exit(125);
 */
import { createProgramInMemory, writeSync } from '../descriptor/index.js';

/** Machine code by architecture, from _start on. */
const CODE: { readonly [arch in NodeJS.Architecture]?: string } = {
  x64: [
    '4c8b2424', //            mov    r12, [rsp]             argc
    '4c8d6c2408', //          lea    r13, [rsp+8]           argv
    '4f8d74e508', //          lea    r14, [r13+r12*8+8]     envp
    '498b7500', //            mov    rsi, [r13]
    '31ed', //                xor    ebp, ebp               the socket's number
    '0fb606', // digit:       movzx  eax, byte [rsi]
    '84c0', //                test   al, al
    '740c', //                jz     room
    '6bed0a', //              imul   ebp, ebp, 10
    '8d6c05d0', //            lea    ebp, [rbp+rax-48]
    '48ffc6', //              inc    rsi
    'ebed', //                jmp    digit
    '50', // room:            push   rax
    '31c0', // again:         xor    eax, eax               read
    '89ef', //                mov    edi, ebp
    '4889e6', //              mov    rsi, rsp
    'ba01000000', //          mov    edx, 1
    '0f05', //                syscall
    '4883f8fc', //            cmp    rax, -4                EINTR
    '74ec', //                je     again
    'bf7d000000', //          mov    edi, 125
    '4883f801', //            cmp    rax, 1
    '754a', //                jne    exit
    '8d7d01', //              lea    edi, [rbp+1]
    'b803000000', //          mov    eax, 3                 close
    '0f05', //                syscall
    '89ef', //                mov    edi, ebp
    'be02000000', //          mov    esi, 2                 F_SETFD
    'ba01000000', //          mov    edx, 1                 FD_CLOEXEC
    'b848000000', //          mov    eax, 72                fcntl
    '0f05', //                syscall
    '498b7d08', //            mov    rdi, [r13+8]
    '498d7510', //            lea    rsi, [r13+16]
    '4c89f2', //              mov    rdx, r14
    'b83b000000', //          mov    eax, 59                execve
    '0f05', //                syscall
    'f7d8', //                neg    eax
    '890424', //              mov    [rsp], eax
    '89ef', //                mov    edi, ebp
    '4889e6', //              mov    rsi, rsp
    'ba04000000', //          mov    edx, 4
    'b801000000', //          mov    eax, 1                 write
    '0f05', //                syscall
    'bf7d000000', //          mov    edi, 125
    'b8e7000000', // exit:    mov    eax, 231               exit_group
    '0f05', //                syscall
  ].join(''),
  arm64: [
    'f30340f9', //          ldr   x19, [sp]             argc
    'f4230091', //          add   x20, sp, #8           argv
    '950e138b', //          add   x21, x20, x19, lsl #3
    'b5220091', //          add   x21, x21, #8          envp
    '810240f9', //          ldr   x1, [x20]
    '16008052', //          mov   w22, #0               the socket's number
    '57018052', //          mov   w23, #10
    '20144038', // digit:   ldrb  w0, [x1], #1
    '80000034', //          cbz   w0, room
    'd602171b', //          madd  w22, w22, w23, w0
    'd6c20051', //          sub   w22, w22, #48
    'fcffff17', //          b     digit
    'ff4300d1', // room:    sub   sp, sp, #16
    'e003162a', // again:   mov   w0, w22
    'e1030091', //          mov   x1, sp
    '220080d2', //          mov   x2, #1
    'e80780d2', //          mov   x8, #63               read
    '010000d4', //          svc   #0
    '1f1000b1', //          cmn   x0, #4                EINTR
    '40ffff54', //          b.eq  again
    '1f0400f1', //          cmp   x0, #1
    'a00f8052', //          mov   w0, #125
    'c1020054', //          b.ne  exit
    'c0060011', //          add   w0, w22, #1
    '280780d2', //          mov   x8, #57               close
    '010000d4', //          svc   #0
    'e003162a', //          mov   w0, w22
    '410080d2', //          mov   x1, #2                F_SETFD
    '220080d2', //          mov   x2, #1
    '280380d2', //          mov   x8, #25               fcntl
    '010000d4', //          svc   #0
    '800640f9', //          ldr   x0, [x20, #8]
    '81420091', //          add   x1, x20, #16
    'e20315aa', //          mov   x2, x21
    'a81b80d2', //          mov   x8, #221              execve
    '010000d4', //          svc   #0
    'e003004b', //          neg   w0, w0
    'e00300b9', //          str   w0, [sp]
    'e003162a', //          mov   w0, w22
    'e1030091', //          mov   x1, sp
    '820080d2', //          mov   x2, #4
    '080880d2', //          mov   x8, #64               write
    '010000d4', //          svc   #0
    'a00f8052', //          mov   w0, #125
    'c80b80d2', // exit:    mov   x8, #94               exit_group
    '010000d4', //          svc   #0
  ].join(''),
};
const MACHINE: { readonly [arch in NodeJS.Architecture]?: number } = { x64: 62, arm64: 183 };

/** By architecture. */
const images = new Map<NodeJS.Architecture, Buffer | undefined>();

/**
 * Its file, open and close-on-exec. Undefined where there is none for this machine. Errors: EMFILE; EACCES
 * where the system forbids programs in memory (sysctl vm.memfd_noexec).
 */
export function createGateProgram(): number | undefined {
  const { platform, arch } = process;
  if (platform === 'linux' && !images.has(arch)) images.set(arch, imageOf(arch));
  const image = images.get(arch);
  const fd = image && createProgramInMemory('spillway-gate');
  if (fd !== undefined) writeSync(fd, image as Buffer);
  return fd;
}

const ADDRESS = 0x400000;
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const [PT_LOAD, PT_GNU_STACK] = [1, 0x6474e551];
const [EXECUTE, WRITE, READ] = [1, 2, 4];

/** An executable of one segment (elf(5)), with a stack that is not executable. */
function imageOf(arch: NodeJS.Architecture): Buffer | undefined {
  const code = CODE[arch];
  const machine = MACHINE[arch];
  if (code === undefined || machine === undefined) return undefined;
  const start = HEADER_BYTES + 2 * SEGMENT_BYTES;
  const image = Buffer.concat([Buffer.alloc(start), Buffer.from(code, 'hex')]);
  image.write('\x7fELF\x02\x01\x01', 'latin1');
  image.writeUInt16LE(2, 16); // ET_EXEC
  image.writeUInt16LE(machine, 18);
  image.writeUInt32LE(1, 20);
  image.writeBigUInt64LE(BigInt(ADDRESS + start), 24);
  image.writeBigUInt64LE(BigInt(HEADER_BYTES), 32);
  image.writeUInt16LE(HEADER_BYTES, 52);
  image.writeUInt16LE(SEGMENT_BYTES, 54);
  image.writeUInt16LE(2, 56);
  writeSegment(image, HEADER_BYTES, PT_LOAD, READ | EXECUTE, ADDRESS, image.length);
  writeSegment(image, HEADER_BYTES + SEGMENT_BYTES, PT_GNU_STACK, READ | WRITE, 0, 0);
  return image;
}

function writeSegment(
  image: Buffer,
  at: number,
  type: number,
  flags: number,
  address: number,
  bytes: number,
): void {
  image.writeUInt32LE(type, at);
  image.writeUInt32LE(flags, at + 4);
  image.writeBigUInt64LE(BigInt(address), at + 16);
  image.writeBigUInt64LE(BigInt(address), at + 24);
  image.writeBigUInt64LE(BigInt(bytes), at + 32);
  image.writeBigUInt64LE(BigInt(bytes), at + 40);
  image.writeBigUInt64LE(0x10000n, at + 48);
}
