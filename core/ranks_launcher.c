/* Ending the launcher. OpenMPI's mpirun and its daemons (4.1 and 5.0) wait for ever for a daemon
 * whose host is gone, with or without keepalive messages: a run would leave them behind. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/ranks_parts.h"

static const int PATIENCE = 8000; /* ms the launcher has to end by itself */

static bool is_launcher(pid_t process)
{
    static const char *const NAMES[] = {"mpirun\n",  "mpiexec\n", "orterun\n", "orted\n",
                                        "prterun\n", "prted\n",   "prte\n"};
    char path[64], name[32] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)process);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool found = false, named = fgets(name, sizeof name, file) != NULL;
    fclose(file);
    for (size_t i = 0; named && i < sizeof NAMES / sizeof *NAMES; i++)
        found = found || strcmp(name, NAMES[i]) == 0;
    return found;
}

void launcher_end(void)
{
    pid_t launcher = getppid();
    int handle = is_launcher(launcher) ? (int)syscall(SYS_pidfd_open, launcher, 0) : -1;
    if (handle < 0 || fork() != 0)
        return;
    setsid(); /* the launcher ends our process group */
    struct pollfd ends = {.fd = handle, .events = POLLIN};
    if (poll(&ends, 1, PATIENCE) == 0)
        syscall(SYS_pidfd_send_signal, handle, SIGKILL, NULL, 0);
    _exit(0);
}
