#define _GNU_SOURCE
#include "usernamespace.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int run(char **arguments) {
  pid_t child = fork();
  if (child < 0) return -errno;
  if (child == 0) {
    execve(arguments[0], arguments, environ);
    _exit(127);
  }
  int status;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -errno;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

/* Runs in the old namespace: only there do the set-id programs have their privilege. */
static _Noreturn void write_maps(int ready, char **uid_program, char **gid_program) {
  char byte;
  if (read(ready, &byte, 1) != 1) _exit(1);
  _exit(run(uid_program) == 0 && run(gid_program) == 0 ? 0 : 1);
}

int cl_enter_user_namespace(char **uid_program, char **gid_program) {
  char process[16];
  snprintf(process, sizeof process, "%d", getpid());
  uid_program[1] = gid_program[1] = process;
  int ready[2];
  if (pipe(ready) < 0) return -errno;
  pid_t helper = fork();
  if (helper < 0) {
    int error = errno;
    close(ready[0]);
    close(ready[1]);
    return -error;
  }
  if (helper == 0) {
    close(ready[1]);
    write_maps(ready[0], uid_program, gid_program);
  }
  close(ready[0]);
  int result = unshare(CLONE_NEWUSER) < 0 ? -errno : 0;
  if (result == 0 && write(ready[1], "", 1) != 1) result = -EPIPE;
  close(ready[1]);
  int status;
  while (waitpid(helper, &status, 0) < 0) {
    if (errno != EINTR) return -errno;
  }
  if (result < 0) return result;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return -EPERM;
  if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) return -errno;
  return setgroups(0, NULL) < 0 ? -errno : 0;
}
