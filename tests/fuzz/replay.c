/* replay.c - runs a fuzzer's function on each file of tests/fuzz/corpus, or of the folders named on
 * the command line; then on pieces of each file, so that inputs that stop in the middle are tried as well. A crash of the
 * function is a crash of this program. Prints a summary in the form of Check's.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_FILE = 1 << 20, MAX_CUTS = 24 };

static int replay_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(MAX_FILE);
    size_t n = 0;
    int ok = f && data;

    if (ok) {
        n = fread(data, 1, MAX_FILE, f);
        printf("%s\n", path);
        fflush(stdout);
        LLVMFuzzerTestOneInput(data, n);
        for (size_t i = 1; i < MAX_CUTS && i < n; i++)
            LLVMFuzzerTestOneInput(data, n * i / MAX_CUTS);
    }
    free(data);
    if (f)
        fclose(f);
    return ok;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int total, bad;

static void replay_folder(const char *dir)
{
    struct dirent **e;
    int n = scandir(dir, &e, NULL, by_name);

    for (int k = 0; k < n; k++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", dir, e[k]->d_name);
        if (e[k]->d_name[0] != '.') {
            total++;
            bad += !replay_file(path);
        }
        free(e[k]);
    }
    if (n >= 0)
        free(e);
}

int main(int argc, char **argv)
{
    const char *top = getenv("srcdir");
    char corpus[4096];

    snprintf(corpus, sizeof corpus, "%s/tests/fuzz/corpus", top ? top : ".");
    if (argc < 2)
        replay_folder(corpus);
    for (int i = 1; i < argc; i++)
        replay_folder(argv[i]);
    printf("%d%%: Checks: %d, Failures: %d, Errors: 0\n",
           total ? 100 * (total - bad) / total : 0, total, bad);
    return total == 0 || bad > 0;
}
