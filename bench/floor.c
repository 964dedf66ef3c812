/* SPDX-License-Identifier: MIT */
/*
 * The floor that every reading of a capture stands on: pcap_open_offline() and pcap_dispatch() over
 * the file, summing the captured lengths, and nothing else.
 */

#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>

static void add(unsigned char *sum, const struct pcap_pkthdr *header, const unsigned char *bytes)
{
    (void)bytes;
    *(uint64_t *)(void *)sum += header->caplen;
}

int main(int n, char **words)
{
    char trouble[PCAP_ERRBUF_SIZE];
    uint64_t sum = 0;
    if (n != 2) {
        fprintf(stderr, "usage: floor FILE\n");
        return 2;
    }
    pcap_t *capture = pcap_open_offline(words[1], trouble);
    if (!capture) {
        fprintf(stderr, "floor: %s\n", trouble);
        return 3;
    }
    while (pcap_dispatch(capture, -1, add, (unsigned char *)&sum) > 0)
        ;
    pcap_close(capture);
    printf("%" PRIu64 "\n", sum);
    return 0;
}
