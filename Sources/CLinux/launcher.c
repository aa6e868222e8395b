#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "overlay.h"

/* Descriptors of the child after the shuffle: 0, 1, 2 standard, then these two, and nothing else. */
enum { FAILURE_DESCRIPTOR = 3, GO_DESCRIPTOR = 4, FIRST_UNUSED = 5 };

static _Noreturn void fail(int action, int error) {
  struct cl_launch_failure failure = {.action = action, .error = error};
  ssize_t ignored = write(FAILURE_DESCRIPTOR, &failure, sizeof failure);
  (void)ignored;
  _exit(125);
}

/* clone3 without a shared address space: like fork, without glibc's handlers, which may wait for locks of lost threads. */
static long fork_with(uint64_t flags, int *process_descriptor) {
  struct clone_args arguments = {
      .flags = flags | (process_descriptor ? CLONE_PIDFD : 0),
      .pidfd = (uint64_t)(uintptr_t)process_descriptor,
      /* The outer process is reaped by pidfd only, never by somebody's wait(-1). */
      .exit_signal = process_descriptor ? 0 : SIGCHLD,
  };
  return syscall(SYS_clone3, &arguments, sizeof arguments);
}

static void reset_signals(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &action, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Puts the five descriptors in their places; all are lifted first, since each may sit where another has to go. */
static int arrange_descriptors(const struct cl_launch *launch, int failure, int go) {
  int wanted[5] = {launch->standard_input, launch->standard_output, launch->standard_error, failure, go};
  for (int index = 0; index < 5; index++) {
    wanted[index] = fcntl(wanted[index], F_DUPFD_CLOEXEC, 16);
    if (wanted[index] < 0) return -errno;
  }
  for (int index = 0; index < 5; index++) {
    if (dup3(wanted[index], index, index < 3 ? 0 : O_CLOEXEC) < 0) return -errno;
  }
  return syscall(SYS_close_range, FIRST_UNUSED, ~0U, 0) < 0 ? -errno : 0;
}

static int write_text(const char *path, const char *text) {
  int descriptor = open(path, O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  size_t length = strlen(text);
  ssize_t written = write(descriptor, text, length);
  int result = written < 0 ? -errno : (size_t)written == length ? 0 : -EIO;
  close(descriptor);
  return result;
}

static int create_file(const struct cl_action *action) {
  int descriptor = open(action->target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return -errno;
  int result = 0;
  for (size_t written = 0; result == 0 && written < action->size;) {
    ssize_t count = write(descriptor, action->data + written, action->size - written);
    if (count < 0) result = -errno;
    else written += (size_t)count;
  }
  if (result == 0 && fchown(descriptor, action->uid, action->gid) < 0) result = -errno;
  if (result == 0 && fchmod(descriptor, action->flags) < 0) result = -errno;
  close(descriptor);
  return result;
}

static int bind(const struct cl_action *action) {
  unsigned long recursive = action->flags & CL_BIND_RECURSIVE ? MS_REC : 0;
  if (mount(action->source, action->target, NULL, MS_BIND | recursive, NULL) < 0) return -errno;
  if (!(action->flags & CL_BIND_READ_ONLY)) return 0;
  unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID;
  return mount(NULL, action->target, NULL, flags, NULL) < 0 ? -errno : 0;
}

static int perform(const struct cl_action *action) {
  switch (action->kind) {
    case CL_ACTION_OVERLAY:
      return cl_mount_overlay(action);
    case CL_ACTION_BIND:
      return bind(action);
    case CL_ACTION_MOUNT: {
      unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
      return mount(action->source, action->target, action->source, flags, action->data) < 0 ? -errno : 0;
    }
    case CL_ACTION_WRITE:
      return write_text(action->target, action->data);
    case CL_ACTION_UNMOUNT:
      return umount2(action->target, MNT_DETACH) < 0 && errno != EINVAL && errno != ENOENT ? -errno : 0;
    case CL_ACTION_MAKE_DIRECTORY:
      return mkdir(action->target, 0755) < 0 && errno != EEXIST ? -errno : 0;
    case CL_ACTION_CREATE_FILE:
      return create_file(action);
    default:
      return -EINVAL;
  }
}

static void perform_range(const struct cl_launch *launch, int from, int to) {
  for (int index = from; index < to; index++) {
    int result = perform(&launch->actions[index]);
    if (result < 0) fail(index, -result);
  }
}

/* The process that becomes the program: in the inner user namespace when there is one. */
static _Noreturn void run_program(const struct cl_launch *launch, int inner, int go) {
  if (inner) {
    char byte;
    if (read(go, &byte, 1) != 1) _exit(125);
    close(go);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) fail(-2, errno);
    perform_range(launch, launch->inner_from, launch->action_count);
  }
  execve(launch->argv[0], (char *const *)launch->argv, (char *const *)launch->envp);
  fail(launch->action_count, errno);
}

static int map_users(const struct cl_launch *launch, long child) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/uid_map", child);
  int result = write_text(path, launch->uid_map);
  if (result < 0) return result;
  snprintf(path, sizeof path, "/proc/%ld/gid_map", child);
  return write_text(path, launch->gid_map);
}

static _Noreturn void reap(long child) {
  for (;;) {
    int status;
    pid_t ended = waitpid(-1, &status, 0);
    if (ended < 0 && errno != EINTR) _exit(125);
    if (ended != child) continue;
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  }
}

/* Process 1 of the new namespaces. */
static _Noreturn void run_init(const struct cl_launch *launch, int failure, int go) {
  reset_signals();
  int result = arrange_descriptors(launch, failure, go);
  if (result < 0) _exit(125);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) fail(-1, errno);
  char byte;
  /* End of file: the parent died before the signal was armed. */
  if (read(GO_DESCRIPTOR, &byte, 1) != 1) _exit(125);
  close(GO_DESCRIPTOR);
  setsid();
  umask(022);
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) fail(-2, errno);

  int inner = launch->inner_from >= 0;
  perform_range(launch, 0, inner ? launch->inner_from : launch->action_count);
  int gate[2] = {-1, -1};
  if (inner && pipe2(gate, O_CLOEXEC) < 0) fail(-3, errno);
  long child = fork_with(inner ? CLONE_NEWUSER | CLONE_NEWNS : 0, NULL);
  if (child < 0) fail(inner ? -3 : -1, errno);
  if (child == 0) {
    if (inner) close(gate[1]);
    run_program(launch, inner, gate[0]);
  }
  if (inner) {
    close(gate[0]);
    result = map_users(launch, child);
    if (result < 0) fail(-3, -result);
    if (write(gate[1], "", 1) != 1) fail(-3, errno);
    close(gate[1]);
  }
  /* Only the program holds the failure pipe now, so that the parent sees end of file when it is executed. */
  close(FAILURE_DESCRIPTOR);
  reap(child);
}

int cl_launch(const struct cl_launch *launch, struct cl_launched *launched) {
  int failure[2], go[2];
  if (pipe2(failure, O_CLOEXEC) < 0) return -errno;
  if (pipe2(go, O_CLOEXEC) < 0) {
    int error = errno;
    close(failure[0]);
    close(failure[1]);
    return -error;
  }
  /* No handler of this process may run in the child before it has reset them. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int process_descriptor = -1;
  long process = fork_with(CLONE_NEWPID | CLONE_NEWNS, &process_descriptor);
  int error = errno;
  if (process == 0) run_init(launch, failure[1], go[0]);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(failure[1]);
  close(go[0]);
  if (process > 0) {
    ssize_t ignored = write(go[1], "", 1);
    (void)ignored;
  }
  close(go[1]);
  if (process < 0) {
    close(failure[0]);
    return -error;
  }
  *launched = (struct cl_launched){(int)process, process_descriptor, failure[0]};
  return 0;
}

int cl_kill_launched(int process_descriptor) {
  return syscall(SYS_pidfd_send_signal, process_descriptor, SIGKILL, NULL, 0) < 0 ? -errno : 0;
}

int cl_wait_launched(int process_descriptor) {
  siginfo_t info;
  int result;
  do {
    result = waitid(P_PIDFD, (id_t)process_descriptor, &info, WEXITED | __WALL);
  } while (result < 0 && errno == EINTR);
  if (result < 0) return -errno;
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}
