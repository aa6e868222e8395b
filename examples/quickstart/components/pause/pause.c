// The process that keeps a pod's namespaces open: reaps orphans, ends on SIGINT or SIGTERM, does nothing else.
//
// There is no C library here, so that one compiler without any foreign headers serves every architecture. Signals are
// never handled but blocked and fetched one after the other: no handler, no restorer, no structure of the kernel.

#if defined(__x86_64__)
enum { SYS_write = 1, SYS_rt_sigprocmask = 14, SYS_wait4 = 61, SYS_rt_sigtimedwait = 128, SYS_exit_group = 231 };
#define NAME "amd64"
#elif defined(__aarch64__)
enum { SYS_write = 64, SYS_exit_group = 94, SYS_rt_sigprocmask = 135, SYS_rt_sigtimedwait = 137, SYS_wait4 = 260 };
#define NAME "arm64"
#elif defined(__riscv) && __riscv_xlen == 64
enum { SYS_write = 64, SYS_exit_group = 94, SYS_rt_sigprocmask = 135, SYS_rt_sigtimedwait = 137, SYS_wait4 = 260 };
#define NAME "riscv64"
#elif defined(__arm__)
enum { SYS_write = 4, SYS_wait4 = 114, SYS_rt_sigprocmask = 175, SYS_rt_sigtimedwait = 177, SYS_exit_group = 248 };
#define NAME "arm"
#elif defined(__powerpc64__)
enum { SYS_write = 4, SYS_wait4 = 114, SYS_rt_sigprocmask = 174, SYS_rt_sigtimedwait = 176, SYS_exit_group = 234 };
#define NAME "ppc64le"
#else
#error "unknown architecture"
#endif

enum { SIGINT = 2, SIGTERM = 15, SIGCHLD = 17, SIG_BLOCK = 0, WNOHANG = 1, STDOUT = 1, SIGSET_BYTES = 8 };

static long syscall4(long number, long a, long b, long c, long d) {
#if defined(__x86_64__)
  register long r10 __asm__("r10") = d;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
                x3 __asm__("x3") = d;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
#elif defined(__riscv)
  register long a7 __asm__("a7") = number, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c,
                a3 __asm__("a3") = d;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3) : "memory");
  return a0;
#elif defined(__arm__)
  register long r7 __asm__("r7") = number, r0 __asm__("r0") = a, r1 __asm__("r1") = b, r2 __asm__("r2") = c,
                r3 __asm__("r3") = d;
  __asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3) : "memory");
  return r0;
#else
  register long r0 __asm__("r0") = number, r3 __asm__("r3") = a, r4 __asm__("r4") = b, r5 __asm__("r5") = c,
                r6 __asm__("r6") = d;
  // The kernel reports an error in the summary overflow bit; make it a negative number, as elsewhere.
  __asm__ volatile("sc\n\tbns+ 1f\n\tneg 3, 3\n1:"
                   : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6)
                   :
                   : "r7", "r8", "r9", "r10", "r11", "r12", "cr0", "ctr", "xer", "memory");
  return r3;
#endif
}

// The kernel starts a program with its argument count on top of the stack. Hand that address over as an argument, on a
// stack aligned as the calling convention wants it; ppc64le must find its table of addresses from r12 as well.
#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall run\n\tud2\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tmov x0, sp\n\tand sp, x0, #-16\n\tbl run\n\tbrk #0\n");
#elif defined(__riscv)
__asm__(".globl _start\n_start:\n\tmv a0, sp\n\tandi sp, sp, -16\n\tcall run\n\tebreak\n");
#elif defined(__arm__)
__asm__(".globl _start\n.arm\n_start:\n\tmov r0, sp\n\tbic sp, sp, #7\n\tbl run\n\tudf #0\n");
#else
__asm__(".globl _start\n_start:\n\taddis 2, 12, .TOC.-_start@ha\n\taddi 2, 2, .TOC.-_start@l\n"
        "\tmr 3, 1\n\tclrrdi 1, 1, 4\n\tli 0, 0\n\tstdu 0, -32(1)\n\tbl run\n\tnop\n\ttrap\n");
#endif

static int asks_for_version(const char *argument) {
  return argument[0] == '-' && (argument[1] == 'v' || (argument[1] == '-' && argument[2] == 'v'));
}

__attribute__((used, noreturn)) void run(const long *stack) {
  static const char version[] = "pause " NAME "\n";
  const char *const *arguments = (const char *const *)(stack + 1);
  if (stack[0] > 1 && asks_for_version(arguments[1])) {
    long written = syscall4(SYS_write, STDOUT, (long)version, sizeof version - 1, 0);
    for (;;) syscall4(SYS_exit_group, written != sizeof version - 1, 0, 0, 0);
  }
  unsigned long long signals = 1ull << (SIGINT - 1) | 1ull << (SIGTERM - 1) | 1ull << (SIGCHLD - 1);
  syscall4(SYS_rt_sigprocmask, SIG_BLOCK, (long)&signals, 0, SIGSET_BYTES);
  for (;;) {
    long signal = syscall4(SYS_rt_sigtimedwait, (long)&signals, 0, 0, SIGSET_BYTES);
    if (signal == SIGCHLD) {
      while (syscall4(SYS_wait4, -1, 0, WNOHANG, 0) > 0) {
      }
    } else if (signal > 0) {
      for (;;) syscall4(SYS_exit_group, 0, 0, 0, 0);
    }
  }
}
