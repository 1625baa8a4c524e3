/* Sums over ranks that go on while the program computes. MPI's nonblocking all-reduces move only
 * inside MPI calls; the companion thread makes these now and then, and whoever waits for a sum all
 * the time. They have a communicator of their own, so that other collectives may come in between in
 * any order. */
#include <mpi.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "core/ranks_parts.h"

typedef enum SumState { SUM_WAITS, SUM_RUNS, SUM_DONE } SumState;

struct RanksSum {
    const void *own;
    void *sum;
    int count;
    RanksType type;
    bool (*ready)(void *context);
    void *context;
    SumState state;
    int code; /* MPI's, once done */
    MPI_Request request;
    RanksSum *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static RanksSum *first;
static atomic_bool awaited; /* somebody waits for a sum, and moves all of them on */
static MPI_Comm lane = MPI_COMM_NULL;
static MPI_Datatype bf16_type;
static MPI_Op bf16_sum;

static float widen(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* To the nearest, ties to even; NaN stays NaN. */
static uint16_t narrow(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (value != value)
        return 0x7fc0;
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void add_bf16(void *from, void *to, int *count, MPI_Datatype *type)
{
    const uint16_t *a = from;
    uint16_t *b = to;
    (void)type;
    for (int i = 0; i < *count; i++)
        b[i] = narrow(widen(a[i]) + widen(b[i]));
}

/* Collective, at the first sum. */
static int open_lane(void)
{
    if (lane != MPI_COMM_NULL)
        return 0;
    if (ranks_check(MPI_Comm_dup(MPI_COMM_WORLD, &lane), "communicator") != 0)
        return -1;
    MPI_Comm_set_errhandler(lane, MPI_ERRORS_RETURN);
    MPI_Type_contiguous(2, MPI_BYTE, &bf16_type);
    MPI_Type_commit(&bf16_type);
    return ranks_check(MPI_Op_create(add_bf16, 1, &bf16_sum), "operation");
}

static void start(RanksSum *s)
{
    bool half = s->type == RANKS_BF16;
    s->code = MPI_Iallreduce(s->own, s->sum, s->count, half ? bf16_type : MPI_FLOAT,
                             half ? bf16_sum : MPI_SUM, lane, &s->request);
    s->state = s->code == MPI_SUCCESS ? SUM_RUNS : SUM_DONE;
}

static void look_after(RanksSum *s)
{
    int done = 0;
    s->code = MPI_Test(&s->request, &done, MPI_STATUS_IGNORE);
    if (done || s->code != MPI_SUCCESS)
        s->state = SUM_DONE;
}

static bool advance(void)
{
    bool left = false, held_up = false;
    pthread_mutex_lock(&lock);
    for (RanksSum *s = first; s; s = s->next) {
        /* One that is not ready holds up those after it: all ranks start them in one order. */
        if (s->state == SUM_WAITS && !held_up) {
            held_up = s->ready && !s->ready(s->context);
            if (!held_up)
                start(s);
        } else if (s->state == SUM_RUNS) {
            look_after(s);
        }
        left = left || s->state != SUM_DONE;
    }
    pthread_mutex_unlock(&lock);
    return left;
}

bool sums_advance(void)
{
    return !atomic_load(&awaited) && advance();
}

RanksSum *ranks_sum_begin(const void *own, void *sum, int count, RanksType type,
                          bool (*ready)(void *context), void *context)
{
    if (open_lane() != 0)
        return NULL;
    RanksSum *s = memory_new(sizeof *s);
    *s = (RanksSum){
        .own = own, .sum = sum, .count = count, .type = type, .ready = ready, .context = context};
    pthread_mutex_lock(&lock);
    RanksSum **end = &first;
    while (*end)
        end = &(*end)->next;
    *end = s;
    pthread_mutex_unlock(&lock);
    advance();
    watch_wake();
    return s;
}

static SumState state_of(const RanksSum *s)
{
    pthread_mutex_lock(&lock);
    SumState state = s->state;
    pthread_mutex_unlock(&lock);
    return state;
}

int ranks_sum_end(RanksSum *s)
{
    if (!s)
        return -1;
    watch_enter("exchange of gradients");
    atomic_store(&awaited, true);
    while (state_of(s) != SUM_DONE)
        if (advance() && state_of(s) != SUM_DONE)
            sched_yield();
    atomic_store(&awaited, false);
    watch_leave();
    watch_wake();
    pthread_mutex_lock(&lock);
    for (RanksSum **at = &first; *at; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    int code = s->code;
    free(s);
    return ranks_check(code, "exchange of gradients");
}
