/* The companion and the watchdog (core/ranks_parts.h).
 *
 * Every rank tells rank 0 each second that it lives, and rank 0 tells every rank: messages of one
 * byte on a communicator of their own, sent by the companion whatever the program does meanwhile.
 * So a rank that is busy (a checkpoint, a large picture) is not taken for one that is gone, and one
 * that is gone is noticed however the others wait for it. */
#include <mpi.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "core/error.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/ranks.h"
#include "core/ranks_parts.h"

enum { NAME = 64, TAG = 1 };

static const double BEAT = 1;        /* seconds between signs of life */
static const double SILENCE = 25;    /* default of UNMUSH_SILENCE */
static const double LAST_WORDS = 4;  /* seconds MPI_Abort may take */
static const double SUSPENDED = 5;   /* a gap in our own clock: we were stopped, not the others */
static const long POLL = 100000;     /* ns between looks at sums under way */
static const long IDLE = 100000000;  /* ns between looks at nothing */
static const long WATCH = 250000000; /* ns between looks at clocks */

static bool running, has_companion;
static pthread_t companion_thread, watchdog_thread;
static atomic_bool stop;
static char (*hosts)[NAME];   /* of every rank */
static double silence;        /* seconds; 0: not watched */
static _Atomic double *heard; /* when rank r was heard of last; ranks but 0 look at [0] alone */
static _Atomic double deadline, leaving_by;

/* The wait for others that this rank is in. */
static _Atomic(const char *) waits_in;
static _Atomic double waits_since, waited;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static bool awake;

static MPI_Comm beats = MPI_COMM_NULL;
static MPI_Request *sent; /* to rank r */

/* A number of seconds from the environment, or the default. */
static double seconds_of(const char *variable, double otherwise)
{
    const char *text = getenv(variable);
    char *end;
    double value = text ? strtod(text, &end) : otherwise;
    return text && (end == text || *end || !(value >= 0)) ? otherwise : value;
}

static void nap(long nanoseconds)
{
    struct timespec time = {.tv_nsec = nanoseconds};
    nanosleep(&time, NULL);
}

/* ---- The companion ------------------------------------------------------------------------- */

static void send_beat(int to)
{
    static const char alive = 1;
    int done = 1;
    if (sent[to] != MPI_REQUEST_NULL)
        MPI_Test(&sent[to], &done, MPI_STATUS_IGNORE);
    if (done)
        MPI_Isend(&alive, 1, MPI_CHAR, to, TAG, beats, &sent[to]);
}

static void send_beats(void)
{
    if (ranks_rank() != 0)
        send_beat(0);
    for (int r = 1; r < ranks_size() && ranks_rank() == 0; r++)
        send_beat(r);
}

static void receive_beats(void)
{
    int there;
    MPI_Status status;
    char beat;
    while (MPI_Iprobe(MPI_ANY_SOURCE, TAG, beats, &there, &status) == MPI_SUCCESS && there) {
        if (MPI_Recv(&beat, 1, MPI_CHAR, status.MPI_SOURCE, TAG, beats, MPI_STATUS_IGNORE) !=
            MPI_SUCCESS)
            return;
        atomic_store(&heard[status.MPI_SOURCE], clock_seconds());
    }
}

/* Until there is a sum to move on, but not for long. */
static void rest(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += IDLE;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&lock);
    if (!awake)
        pthread_cond_timedwait(&wake, &lock, &until);
    awake = false;
    pthread_mutex_unlock(&lock);
}

static void *companion(void *unused)
{
    double next = 0;
    prctl(PR_SET_NAME, "companion");
    prctl(PR_SET_TIMERSLACK, 1000);
    while (!atomic_load(&stop)) {
        bool busy = sums_advance();
        double now = clock_seconds();
        if (now >= next) {
            receive_beats();
            send_beats();
            next = now + BEAT;
        }
        if (busy)
            nap(POLL);
        else
            rest();
    }
    return unused;
}

void watch_wake(void)
{
    pthread_mutex_lock(&lock);
    awake = true;
    pthread_cond_signal(&wake);
    pthread_mutex_unlock(&lock);
}

/* ---- The watchdog -------------------------------------------------------------------------- */

static void *abort_all(void *unused)
{
    MPI_Abort(MPI_COMM_WORLD, 1);
    return unused;
}

/* Writes past stdio, whose locks may be held, and leaves even where MPI_Abort hangs. */
static _Noreturn void end_run(const char *why)
{
    char line[512];
    const char *what = atomic_load(&waits_in);
    int length = snprintf(line, sizeof line,
                          "unmush: rank %d on %s, in %s: %s; --resume goes on from the last "
                          "checkpoint\n",
                          ranks_rank(), hosts[ranks_rank()], what ? what : "computation", why);
    if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
        _exit(1);
    launcher_end();
    pthread_t thread;
    if (pthread_create(&thread, NULL, abort_all, NULL) == 0) {
        double until = clock_seconds() + LAST_WORDS;
        while (clock_seconds() < until)
            nap(WATCH);
    }
    _exit(1);
}

static void check_silence(double now, double grace)
{
    int first = ranks_rank() == 0 ? 1 : 0, end = ranks_rank() == 0 ? ranks_size() : 1;
    for (int r = first; r < end && silence > 0 && has_companion; r++) {
        double since = atomic_load(&heard[r]);
        since = since > grace ? since : grace;
        if (now - since <= silence)
            continue;
        char why[256];
        snprintf(why, sizeof why,
                 "nothing heard of rank %d on %s for %.0f s, its host or the network is gone", r,
                 hosts[r], now - since);
        end_run(why);
    }
}

static void check_deadline(double now, double grace)
{
    double limit = atomic_load(&deadline), since = atomic_load(&waits_since);
    if (!atomic_load(&waits_in) || limit <= 0)
        return;
    since = since > grace ? since : grace;
    if (now - since <= limit)
        return;
    char why[128];
    snprintf(why, sizeof why, "the other ranks have not come for %.0f s", now - since);
    end_run(why);
}

static void *watchdog(void *unused)
{
    double before = clock_seconds(), grace = before;
    prctl(PR_SET_NAME, "watchdog");
    while (!atomic_load(&stop)) {
        nap(WATCH);
        double now = clock_seconds(), limit = atomic_load(&leaving_by);
        if (now - before > SUSPENDED)
            grace = now;
        before = now;
        if (limit > 0 && now > limit)
            _exit(1);
        check_silence(now, grace);
        check_deadline(now, grace);
    }
    return unused;
}

void watch_leaving(void)
{
    atomic_store(&leaving_by, clock_seconds() + LAST_WORDS);
}

void watch_enter(const char *what)
{
    atomic_store(&waits_since, clock_seconds());
    atomic_store(&waits_in, what);
}

void watch_leave(void)
{
    atomic_store(&waits_in, NULL);
    double took = clock_seconds() - atomic_load(&waits_since);
    atomic_store(&waited, atomic_load(&waited) + took);
}

double ranks_waited(void)
{
    return atomic_load(&waited);
}

void ranks_set_deadline(double seconds)
{
    atomic_store(&deadline, seconds_of("UNMUSH_DEADLINE", seconds));
}

/* ---- Beginning and end --------------------------------------------------------------------- */

static int gather_hosts(void)
{
    char own[NAME] = "?";
    gethostname(own, sizeof own - 1);
    hosts = memory_array((size_t)ranks_size(), sizeof *hosts);
    return ranks_check(MPI_Allgather(own, NAME, MPI_CHAR, hosts, NAME, MPI_CHAR, MPI_COMM_WORLD),
                       "gather");
}

static int open_beats(void)
{
    size_t size = (size_t)ranks_size();
    if (ranks_check(MPI_Comm_dup(MPI_COMM_WORLD, &beats), "communicator") != 0)
        return -1;
    MPI_Comm_set_errhandler(beats, MPI_ERRORS_RETURN);
    sent = memory_array(size, sizeof *sent);
    heard = memory_array(size, sizeof *heard);
    for (int r = 0; r < ranks_size(); r++) {
        sent[r] = MPI_REQUEST_NULL;
        atomic_store(&heard[r], clock_seconds());
    }
    silence = seconds_of("UNMUSH_SILENCE", SILENCE);
    return 0;
}

/* Signals are for the program's own thread. */
static int start_thread(pthread_t *thread, void *(*body)(void *))
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(thread, NULL, body, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result == 0 ? 0 : error_set(ERROR_RANK, "cannot start a thread");
}

int watch_begin(bool may_call_mpi)
{
    if (gather_hosts() != 0 || open_beats() != 0 || start_thread(&watchdog_thread, watchdog) != 0)
        return -1;
    running = true;
    if (may_call_mpi && start_thread(&companion_thread, companion) == 0)
        has_companion = true;
    return error_pending() ? -1 : 0;
}

void watch_end(void)
{
    if (!running)
        return;
    MPI_Barrier(beats); /* until then the others want to hear of us */
    atomic_store(&stop, true);
    if (has_companion) {
        watch_wake();
        pthread_join(companion_thread, NULL);
    }
    pthread_join(watchdog_thread, NULL);
    receive_beats();
    MPI_Comm_free(&beats);
    free(sent);
    free(heard);
    free(hosts);
    running = has_companion = false;
}
