// Classifies an image: `main WEIGHTS IMAGE`, both files; prints the logits' bits.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int classify(const unsigned char *weights, size_t len, const float *image, float *logits);

static unsigned char weights[1 << 24];

static size_t read_file(const char *path, void *into, size_t room) {
    FILE *file = fopen(path, "rb");
    if (!file) return 0;
    size_t len = fread(into, 1, room, file);
    fclose(file);
    return len;
}

int main(int count, char **arguments) {
    float image[64], logits[10];
    if (count != 3) return 2;
    size_t len = read_file(arguments[1], weights, sizeof weights);
    if (read_file(arguments[2], image, sizeof image) != sizeof image) return 3;
    if (classify(weights, len, image, logits)) return 1;
    for (int i = 0; i < 10; i++) {
        uint32_t bits;
        memcpy(&bits, &logits[i], sizeof bits);
        printf("%08" PRIx32 "\n", bits);
    }
    return 0;
}
