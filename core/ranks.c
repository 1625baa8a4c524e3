#include "core/ranks.h"

#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks_parts.h"

static bool started, failed_together;
static int rank = 0, size = 1, on_host = 1, local = 0;

static bool launched(void)
{
    static const char *const MARKS[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK",
                                        "PMI_SIZE"};
    for (size_t i = 0; i < sizeof MARKS / sizeof *MARKS; i++)
        if (getenv(MARKS[i]))
            return true;
    return false;
}

int ranks_check(int code, const char *what)
{
    if (code == MPI_SUCCESS)
        return 0;
    char text[MPI_MAX_ERROR_STRING];
    int length;
    MPI_Error_string(code, text, &length);
    return error_set(ERROR_RANK, "MPI: %s: %s", what, text);
}

/* Tasks of this Slurm job step; 1 outside of one. What mpirun starts through Slurm does not count:
 * there a step's tasks are mpirun's own. */
static int slurm_tasks(void)
{
    const char *text = getenv("SLURM_STEP_NUM_TASKS");
    return text && !getenv("OMPI_COMM_WORLD_SIZE") ? atoi(text) : 1;
}

/* Without this, srun would start as many runs of one rank, all writing the same files. */
static int check_launcher(int tasks)
{
    if (tasks <= 1 || size > 1)
        return 0;
    return error_set(ERROR_RANK,
                     "srun started %d tasks, but MPI sees one: srun needs --mpi=pmix (srun "
                     "--mpi=list shows what there is), or start mpirun inside of the job",
                     tasks);
}

static void split_hosts(void)
{
    MPI_Comm host;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &host);
    MPI_Comm_size(host, &on_host);
    MPI_Comm_rank(host, &local);
    MPI_Comm_free(&host);
}

int ranks_begin(void)
{
    int tasks = slurm_tasks(), level;
    if (started)
        return 0;
    if (!launched())
        return check_launcher(tasks);
    if (ranks_check(MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &level), "MPI_Init") != 0)
        return -1;
    started = true;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    split_hosts();
    if (check_launcher(tasks) != 0)
        return -1;
    return size > 1 ? watch_begin(level == MPI_THREAD_MULTIPLE) : 0;
}

void ranks_end(void)
{
    if (!started)
        return;
    watch_end();
    MPI_Finalize();
    started = false;
    rank = local = 0;
    size = on_host = 1;
}

int ranks_rank(void)
{
    return rank;
}

int ranks_size(void)
{
    return size;
}

int ranks_on_host(void)
{
    return on_host;
}

int ranks_local(void)
{
    return local;
}

bool ranks_use_mpi(void)
{
    return started;
}

void ranks_abort(void)
{
    if (size > 1)
        log_error("rank %d: %s", rank, error_message());
    else
        log_error("%s", error_message());
    fflush(NULL);
    watch_leaving();
    if (started)
        MPI_Abort(MPI_COMM_WORLD, 1);
    _exit(1);
}

int ranks_agree(void)
{
    if (!started)
        return error_pending() == ERROR_NONE ? 0 : -1;
    int mine = error_pending() == ERROR_NONE ? INT_MAX : rank, first;
    watch_enter("agreement");
    int code = MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    watch_leave();
    if (code != MPI_SUCCESS)
        return error_set(ERROR_RANK, "another rank is gone");
    if (first == INT_MAX)
        return 0;
    ErrorReport report = error_take();
    MPI_Bcast(&report, (int)sizeof report, MPI_BYTE, first, MPI_COMM_WORLD);
    error_adopt(&report);
    if (size > 1 && strncmp(report.message, "rank ", 5) != 0)
        error_note("rank %d", first);
    failed_together = true;
    return -1;
}

bool ranks_failed_together(void)
{
    return failed_together || size == 1;
}

/* MPI counts are ints: longer vectors go in pieces. */
static int reduce(void *values, size_t count, size_t item_bytes, MPI_Datatype type, MPI_Op op)
{
    if (!started || size == 1)
        return 0;
    for (size_t done = 0; done < count;) {
        size_t piece = count - done < (1u << 30) ? count - done : 1u << 30;
        char *at = (char *)values + done * item_bytes;
        watch_enter("all-reduce");
        int code = MPI_Allreduce(MPI_IN_PLACE, at, (int)piece, type, op, MPI_COMM_WORLD);
        watch_leave();
        if (ranks_check(code, "all-reduce") != 0)
            return -1;
        done += piece;
    }
    return 0;
}

int ranks_sum_floats(float *values, size_t count)
{
    return reduce(values, count, sizeof *values, MPI_FLOAT, MPI_SUM);
}

int ranks_sum_doubles(double *values, size_t count)
{
    return reduce(values, count, sizeof *values, MPI_DOUBLE, MPI_SUM);
}

int ranks_sum_integers(int64_t *values, size_t count)
{
    return reduce(values, count, sizeof *values, MPI_INT64_T, MPI_SUM);
}

int ranks_broadcast(void *bytes, size_t count)
{
    if (!started || size == 1)
        return 0;
    for (size_t done = 0; done < count;) {
        size_t piece = count - done < (1u << 30) ? count - done : 1u << 30;
        watch_enter("broadcast");
        int code = MPI_Bcast((char *)bytes + done, (int)piece, MPI_BYTE, 0, MPI_COMM_WORLD);
        watch_leave();
        if (ranks_check(code, "broadcast") != 0)
            return -1;
        done += piece;
    }
    return 0;
}

int ranks_gather_floats(const float *own, float *all, const int *counts)
{
    if (!started || size == 1) {
        memcpy(all, own, (size_t)counts[0] * sizeof *own);
        return 0;
    }
    int *starts = memory_array((size_t)size, sizeof *starts);
    for (int r = 1; r < size; r++)
        starts[r] = starts[r - 1] + counts[r - 1];
    watch_enter("gather");
    int code = MPI_Allgatherv(own, counts[rank], MPI_FLOAT, all, counts, starts, MPI_FLOAT,
                              MPI_COMM_WORLD);
    watch_leave();
    free(starts);
    return ranks_check(code, "gather");
}

/* In pieces: MPI counts in ints. */
static int pass(uint8_t *bytes, size_t count, int from)
{
    int code = MPI_SUCCESS;
    watch_enter("fetch");
    for (size_t done = 0; code == MPI_SUCCESS && done < count;) {
        size_t piece = count - done < (1u << 30) ? count - done : 1u << 30;
        code = rank == 0 ? MPI_Recv(bytes + done, (int)piece, MPI_BYTE, from, 0, MPI_COMM_WORLD,
                                    MPI_STATUS_IGNORE)
                         : MPI_Send(bytes + done, (int)piece, MPI_BYTE, 0, 0, MPI_COMM_WORLD);
        done += piece;
    }
    watch_leave();
    return ranks_check(code, "fetch");
}

int ranks_fetch_bytes(int owner, uint8_t **bytes, size_t *count)
{
    if (owner == 0 || (rank != 0 && rank != owner))
        return 0;
    uint64_t length = *count;
    if (pass((uint8_t *)&length, sizeof length, owner) != 0)
        return -1;
    if (rank == 0) {
        *count = (size_t)length;
        *bytes = memory_new(length ? *count : 1);
    }
    return pass(*bytes, *count, owner);
}

Share ranks_share(int64_t total, int r, int n)
{
    int64_t first = total * r / n, end = total * (r + 1) / n;
    return (Share){first, end - first};
}
