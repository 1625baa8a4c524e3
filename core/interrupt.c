#include "core/interrupt.h"

#include <signal.h>

static volatile sig_atomic_t caught;

static void catch (int number)
{
    caught = 1;
    if (number == SIGINT)
        signal(SIGINT, SIG_DFL);
}

void interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = catch, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
}

bool interrupt_pending(void)
{
    return caught != 0;
}
