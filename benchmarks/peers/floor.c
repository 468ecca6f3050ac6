/* The floor: what the kernel costs where the program costs next to nothing.
 *
 * A WebSocket server on epoll that only frames and echoes: it unmasks a CALL, finds the message id
 * and the action in it, and sends the answer that it has ready. No JSON is read, nothing is
 * checked. Of RFC 6455 it knows the opening handshake and whole text frames of up to
 * 64 KiB; on anything else it hangs up. Wants "--port NUMBER", listens on 127.0.0.1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 70000, EVENTS = 1024, FINAL_TEXT = 0x81, MASKED = 0x80 };

static const char GUID[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455 section 1.3 */

struct connection {
    int fd;
    int is_open;
    size_t used;
    unsigned char *data; /* what has come and is not answered yet */
};

static const struct {
    const char *action, *payload;
} ANSWERS[] = {
    {"Heartbeat", "{\"currentTime\":\"2026-01-01T12:00:00.000Z\"}"},
    {"MeterValues", "{}"},
    {"StatusNotification", "{}"},
    {"Authorize", "{\"idTagInfo\":{\"status\":\"Accepted\"}}"},
    {"StartTransaction", "{\"idTagInfo\":{\"status\":\"Accepted\"},\"transactionId\":1790000000}"},
    {"StopTransaction", "{\"idTagInfo\":{\"status\":\"Accepted\"}}"},
};

static void fail(const char *what) {
    perror(what);
    exit(1);
}

/* The opening handshake. */

static uint32_t rotate(uint32_t word, int bits) {
    return word << bits | word >> (32 - bits);
}

static void sha1_block(uint32_t state[5], const unsigned char *block) { /* RFC 3174 section 6.1 */
    static const uint32_t K[] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
    uint32_t w[80], s[5];
    for (int t = 0; t < 16; t++) {
        const unsigned char *from = block + 4 * t;
        w[t] = (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
    }
    for (int t = 16; t < 80; t++) w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    memcpy(s, state, sizeof s);
    for (int t = 0; t < 80; t++) {
        uint32_t choice = t < 20   ? (s[1] & s[2]) | (~s[1] & s[3])
                          : t < 40 ? s[1] ^ s[2] ^ s[3]
                          : t < 60 ? (s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3])
                                   : s[1] ^ s[2] ^ s[3];
        uint32_t next = rotate(s[0], 5) + choice + s[4] + w[t] + K[t / 20];
        s[4] = s[3], s[3] = s[2], s[2] = rotate(s[1], 30), s[1] = s[0], s[0] = next;
    }
    for (int i = 0; i < 5; i++) state[i] += s[i];
}

/* SHA-1 of 56 to 119 octets: two blocks. */
static void sha1(const char *text, size_t length, unsigned char digest[20]) {
    uint32_t state[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    unsigned char blocks[128] = {0};
    memcpy(blocks, text, length);
    blocks[length] = 0x80;
    blocks[126] = length * 8 >> 8, blocks[127] = length * 8 & 0xFF;
    sha1_block(state, blocks);
    sha1_block(state, blocks + 64);
    for (int i = 0; i < 20; i++) digest[i] = state[i / 4] >> (24 - 8 * (i % 4));
}

static void base64(const unsigned char digest[20], char text[29]) {
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 27; i++) {
        int bit = 6 * i, octet = bit / 8;
        int pair = digest[octet] << 8 | (octet + 1 < 20 ? digest[octet + 1] : 0);
        text[i] = DIGITS[pair >> (10 - bit % 8) & 63];
    }
    memcpy(text + 27, "=", 2);
}

/* Answers an opening request; how many octets it has, 0 while it is not whole, -1 for none. */
static ssize_t shake_hands(struct connection *c) {
    static const char NAME[] = "Sec-WebSocket-Key: ";
    unsigned char digest[20];
    char whole[64], accept[29], response[256];
    unsigned char *end = memmem(c->data, c->used, "\r\n\r\n", 4);
    if (!end) return 0;
    unsigned char *key = memmem(c->data, end - c->data, NAME, sizeof NAME - 1);
    if (!key || end - key < (ssize_t)sizeof NAME - 1 + 24) return -1;
    snprintf(whole, sizeof whole, "%.24s%s", key + sizeof NAME - 1, GUID);
    sha1(whole, strlen(whole), digest);
    base64(digest, accept);
    int length = snprintf(response, sizeof response,
                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Protocol: ocpp1.6\r\n"
                          "Sec-WebSocket-Accept: %s\r\n\r\n",
                          accept);
    if (send(c->fd, response, length, MSG_NOSIGNAL) != length) return -1;
    c->is_open = 1;
    return end + 4 - c->data;
}

/* Frames. */

static void unmask(unsigned char *payload, size_t length, const unsigned char *key) {
    uint64_t mask, eight;
    size_t i = 0;
    memcpy(&mask, key, 4);
    memcpy((unsigned char *)&mask + 4, key, 4);
    for (; i + 8 <= length; i += 8) {
        memcpy(&eight, payload + i, 8);
        eight ^= mask;
        memcpy(payload + i, &eight, 8);
    }
    for (; i < length; i++) payload[i] ^= key[i % 4];
}

/* Answers [2,"ID","ACTION",...]; 0, or -1 for anything else. */
static int answer(int fd, const char *text, size_t length) {
    static const char HEAD[] = "[2,\"", BETWEEN[] = "\",\"";
    unsigned char frame[256];
    if (length < sizeof HEAD || memcmp(text, HEAD, sizeof HEAD - 1)) return -1;
    const char *id = text + sizeof HEAD - 1;
    const char *id_end = memmem(id, length - (id - text), BETWEEN, sizeof BETWEEN - 1);
    if (!id_end || id_end - id > 36) return -1;
    const char *action = id_end + sizeof BETWEEN - 1;
    const char *action_end = memchr(action, '"', text + length - action);
    if (!action_end) return -1;
    for (size_t i = 0; i < sizeof ANSWERS / sizeof *ANSWERS; i++) {
        size_t name = strlen(ANSWERS[i].action);
        if (name != (size_t)(action_end - action) || memcmp(action, ANSWERS[i].action, name)) continue;
        int said = snprintf((char *)frame + 2, sizeof frame - 2, "[3,\"%.*s\",%s]", (int)(id_end - id),
                            id, ANSWERS[i].payload);
        frame[0] = FINAL_TEXT, frame[1] = said; /* all answers are shorter than 126 octets */
        return send(fd, frame, said + 2, MSG_NOSIGNAL) == said + 2 ? 0 : -1;
    }
    return -1;
}

/* Answers a frame; how many octets it has, 0 while it is not whole, -1 where it is not for us. */
static ssize_t read_frame(struct connection *c) {
    size_t start = 2;
    if (c->used < 4) return 0;
    size_t length = c->data[1] & 0x7F;
    if (c->data[0] != FINAL_TEXT || !(c->data[1] & MASKED) || length == 127) return -1;
    if (length == 126) length = c->data[2] << 8 | c->data[3], start = 4;
    size_t end = start + 4 + length;
    if (c->used < end) return 0;
    unsigned char *payload = c->data + start + 4;
    unmask(payload, length, c->data + start);
    return answer(c->fd, (char *)payload, length) ? -1 : (ssize_t)end;
}

/* Connections. */

static int receive(struct connection *c) {
    ssize_t got = recv(c->fd, c->data + c->used, BUFFER - c->used, 0);
    if (got <= 0) return -1;
    c->used += got;
    while (c->used) {
        ssize_t taken = c->is_open ? read_frame(c) : shake_hands(c);
        if (taken < 0) return -1;
        if (taken == 0) return c->used < BUFFER ? 0 : -1;
        c->used -= taken;
        memmove(c->data, c->data + taken, c->used);
    }
    return 0;
}

static void hang_up(struct connection *c) {
    close(c->fd);
    free(c->data);
    free(c);
}

static void take(int listener, int poller) {
    int on = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *c = calloc(1, sizeof *c);
    if (!c || !(c->data = malloc(BUFFER))) fail("malloc");
    c->fd = fd;
    struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &wanted)) fail("epoll_ctl");
}

static int listen_on(int port) {
    struct sockaddr_in place = {.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&place, sizeof place)) fail("bind");
    if (listen(fd, 1024)) fail("listen");
    return fd;
}

int main(int count, char **words) {
    if (count != 3 || strcmp(words[1], "--port")) {
        fprintf(stderr, "usage: %s --port NUMBER\n", words[0]);
        return 2;
    }
    int listener = listen_on(atoi(words[2])), poller = epoll_create1(0);
    struct epoll_event happened[EVENTS], wanted = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &wanted)) fail("epoll_ctl");
    for (;;) {
        int number = epoll_wait(poller, happened, EVENTS, -1);
        for (int i = 0; i < number; i++) {
            struct connection *c = happened[i].data.ptr;
            if (!c) take(listener, poller);
            else if (receive(c)) hang_up(c);
        }
    }
}
