/* fakecuda.c - a stand-in libcuda.so.1 that knows one call. $FAKECUDA is the version that it tells (12040), "hang",
 * "crash", or "error:N". */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cuDriverGetVersion(int *version) {
    const char *told = getenv("FAKECUDA");
    if (!told) told = "12040";
    if (!strcmp(told, "crash")) raise(SIGSEGV);
    if (!strcmp(told, "hang")) for (;;) pause();
    if (!strncmp(told, "error:", 6)) return atoi(told + 6);
    *version = atoi(told);
    return 0;
}
