/*
 * A plain Llama decoder in C, float32, one sequence: what a straightforward program does with the same weights.
 *
 *     cc -O3 -march=native -ffast-math -fopenmp llama_decode.c -o llama_decode -lm
 *     llama_decode MODEL THREADS
 *
 * MODEL is the file that `tornado-mor export --format llama2c` writes. Prints "ready"; then for each line of input, a number of
 * steps, decodes that many tokens greedily from token 1 on and prints the seconds of a step (the median; with one thread in
 * processor time) and the last token.
 */
#include <fcntl.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int dim, hidden, layers, heads, kv_heads, vocabulary, positions;
static int threads;

/* Weights, in the order of the file: matrices [out, in] for all layers together. */
static const float *embedding, *attention_norm, *wq, *wk, *wv, *wo, *ffn_norm, *gate, *down, *up, *final_norm, *cosine, *sine, *head;

static float *x, *normed, *q, *attended, *inner, *inner2, *scores, *logits, *key_cache, *value_cache;

static void rms_norm(float *out, const float *in, const float *weight) {
    float sum = 0;
    for (int i = 0; i < dim; i++) {
        sum += in[i] * in[i];
    }
    float scale = 1 / sqrtf(sum / dim + 1e-5f);
    for (int i = 0; i < dim; i++) {
        out[i] = in[i] * scale * weight[i];
    }
}

static void multiply(float *out, const float *w, const float *in, int rows, int columns) {
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int i = 0; i < rows; i++) {
        const float *row = w + (size_t)i * columns;
        float sum = 0;
        for (int j = 0; j < columns; j++) {
            sum += row[j] * in[j];
        }
        out[i] = sum;
    }
}

/* Turns neighbouring elements of each head, as the file's layout wants it. */
static void rotate(float *v, int count, int head_dim, int position) {
    const float *c = cosine + position * (head_dim / 2), *s = sine + position * (head_dim / 2);
    for (int h = 0; h < count; h++) {
        for (int j = 0; j < head_dim / 2; j++) {
            float a = v[h * head_dim + 2 * j], b = v[h * head_dim + 2 * j + 1];
            v[h * head_dim + 2 * j] = a * c[j] - b * s[j];
            v[h * head_dim + 2 * j + 1] = a * s[j] + b * c[j];
        }
    }
}

static void attend(int layer, int position, int head_dim, int kv_dim) {
    size_t base = (size_t)layer * positions * kv_dim;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int h = 0; h < heads; h++) {
        float *p = scores + (size_t)h * positions, *out = attended + h * head_dim, max = -INFINITY, sum = 0;
        int column = h / (heads / kv_heads) * head_dim;
        for (int t = 0; t <= position; t++) {
            const float *k = key_cache + base + (size_t)t * kv_dim + column;
            float dot = 0;
            for (int j = 0; j < head_dim; j++) {
                dot += q[h * head_dim + j] * k[j];
            }
            p[t] = dot / sqrtf((float)head_dim);
            max = p[t] > max ? p[t] : max;
        }
        for (int t = 0; t <= position; t++) {
            p[t] = expf(p[t] - max);
            sum += p[t];
        }
        memset(out, 0, head_dim * sizeof(float));
        for (int t = 0; t <= position; t++) {
            const float *v = value_cache + base + (size_t)t * kv_dim + column;
            for (int j = 0; j < head_dim; j++) {
                out[j] += p[t] / sum * v[j];
            }
        }
    }
}

static int step(int token, int position) {
    int head_dim = dim / heads, kv_dim = kv_heads * head_dim;
    memcpy(x, embedding + (size_t)token * dim, dim * sizeof(float));
    for (int l = 0; l < layers; l++) {
        float *k = key_cache + ((size_t)l * positions + position) * kv_dim;
        float *v = value_cache + ((size_t)l * positions + position) * kv_dim;
        rms_norm(normed, x, attention_norm + l * dim);
        multiply(q, wq + (size_t)l * dim * dim, normed, dim, dim);
        multiply(k, wk + (size_t)l * kv_dim * dim, normed, kv_dim, dim);
        multiply(v, wv + (size_t)l * kv_dim * dim, normed, kv_dim, dim);
        rotate(q, heads, head_dim, position);
        rotate(k, kv_heads, head_dim, position);
        attend(l, position, head_dim, kv_dim);
        multiply(normed, wo + (size_t)l * dim * dim, attended, dim, dim);
        for (int i = 0; i < dim; i++) {
            x[i] += normed[i];
        }
        rms_norm(normed, x, ffn_norm + l * dim);
        multiply(inner, gate + (size_t)l * hidden * dim, normed, hidden, dim);
        multiply(inner2, up + (size_t)l * hidden * dim, normed, hidden, dim);
        for (int i = 0; i < hidden; i++) {
            inner[i] = inner[i] / (1 + expf(-inner[i])) * inner2[i];
        }
        multiply(normed, down + (size_t)l * dim * hidden, inner, dim, hidden);
        for (int i = 0; i < dim; i++) {
            x[i] += normed[i];
        }
    }
    rms_norm(x, x, final_norm);
    multiply(logits, head, x, vocabulary, dim);
    int best = 0;
    for (int i = 1; i < vocabulary; i++) {
        best = logits[i] > logits[best] ? i : best;
    }
    return best;
}

static const float *take(const float **at, size_t count) {
    const float *from = *at;
    *at += count;
    return from;
}

static void map_file(const char *name) {
    struct stat info;
    int file = open(name, O_RDONLY);
    if (file < 0 || fstat(file, &info) < 0) {
        perror(name);
        exit(1);
    }
    /* Private and written once, so that the weights lie in memory of our own, as those of the program that is compared. */
    char *memory = malloc(info.st_size);
    for (off_t at = 0; at < info.st_size;) {
        ssize_t count = read(file, memory + at, info.st_size - at);
        if (count <= 0) {
            perror(name);
            exit(1);
        }
        at += count;
    }
    close(file);
    const int *header = (const int *)memory;
    dim = header[0], hidden = header[1], layers = header[2], heads = header[3], kv_heads = header[4];
    vocabulary = abs(header[5]), positions = header[6];
    size_t head_dim = dim / heads, kv_dim = kv_heads * head_dim;
    const float *at = (const float *)(header + 7);
    embedding = take(&at, (size_t)vocabulary * dim);
    attention_norm = take(&at, (size_t)layers * dim);
    wq = take(&at, (size_t)layers * dim * dim);
    wk = take(&at, layers * kv_dim * dim);
    wv = take(&at, layers * kv_dim * dim);
    wo = take(&at, (size_t)layers * dim * dim);
    ffn_norm = take(&at, (size_t)layers * dim);
    gate = take(&at, (size_t)layers * hidden * dim);
    down = take(&at, (size_t)layers * hidden * dim);
    up = take(&at, (size_t)layers * hidden * dim);
    final_norm = take(&at, dim);
    cosine = take(&at, positions * head_dim / 2);
    sine = take(&at, positions * head_dim / 2);
    head = header[5] > 0 ? embedding : at;
}

static float *buffer(size_t count) {
    return calloc(count, sizeof(float));
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}

static int by_size(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: llama_decode MODEL THREADS\n");
        return 2;
    }
    threads = atoi(arguments[2]);
    map_file(arguments[1]);
    size_t cache = (size_t)layers * positions * kv_heads * (dim / heads);
    x = buffer(dim), normed = buffer(dim), q = buffer(dim), attended = buffer(dim);
    inner = buffer(hidden), inner2 = buffer(hidden), scores = buffer((size_t)heads * positions);
    logits = buffer(vocabulary), key_cache = buffer(cache), value_cache = buffer(cache);
    printf("ready\n");
    fflush(stdout);
    int steps;
    while (scanf("%d", &steps) == 1 && steps > 0 && steps <= positions) {
        double *times = malloc(steps * sizeof(double));
        int token = 1;
        for (int i = 0; i < steps; i++) {
            double start = seconds();
            token = step(token, i);
            times[i] = seconds() - start;
        }
        qsort(times, steps, sizeof(double), by_size);
        printf("%.9f %d\n", times[steps / 2], token);
        fflush(stdout);
        free(times);
    }
    return 0;
}
