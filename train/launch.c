#include "train/launch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/memory.h"

/* Time to write a checkpoint after a signal, and leave to start mpirun as root. Environment
 * rather than options, as their spelling differs between OpenMPI 4 and 5; a user's own
 * values stay. */
static void set_environment(void)
{
    static const char *const SETTINGS[][2] = {
        {"OMPI_MCA_odls_base_sigkill_timeout", "10"},
        {"PRTE_MCA_odls_base_sigkill_timeout", "10"},
    };
    static const char *const ROOT[] = {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
                                       "PRTE_ALLOW_RUN_AS_ROOT", "PRTE_ALLOW_RUN_AS_ROOT_CONFIRM"};
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++)
        setenv(SETTINGS[i][0], SETTINGS[i][1], 0);
    for (size_t i = 0; geteuid() == 0 && i < sizeof ROOT / sizeof *ROOT; i++)
        setenv(ROOT[i], "1", 0);
}

/* Whether argv[i] is --ranks=N, or --ranks followed by N (then *skip is 1). */
static bool is_ranks(const char *argument, int *skip)
{
    *skip = strcmp(argument, "--ranks") == 0;
    return *skip || strncmp(argument, "--ranks=", 8) == 0;
}

int launch_ranks(int ranks, int argc, char **argv)
{
    char count[16], program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0)
        return error_set_errno(ERROR_FILE, "/proc/self/exe");
    program[length] = 0;
    snprintf(count, sizeof count, "%d", ranks);
    char mpirun[] = "mpirun", n[] = "-n", bind[] = "--bind-to", none[] = "none";
    char oversubscribe[] = "--oversubscribe"; /* always: mpirun counts cores, not their threads */
    char **command = memory_array((size_t)argc + 8, sizeof *command);
    char *const start[] = {mpirun, n, count, bind, none, oversubscribe};
    int used = sizeof start / sizeof *start;
    memcpy(command, start, sizeof start);
    command[used++] = program;
    for (int i = 0, skip; i < argc; i++) {
        if (is_ranks(argv[i], &skip))
            i += skip;
        else
            command[used++] = argv[i];
    }
    set_environment();
    execvp(mpirun, command);
    error_set(ERROR_FILE, "mpirun: cannot run: %s; --ranks needs OpenMPI's mpirun (openmpi-bin)",
              strerror(errno));
    free(command);
    return -1;
}
