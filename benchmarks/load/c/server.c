// One thread, epoll: a WebSocket echo server on loopback, as cheap as C makes it, that writes what it counts
// into a shared page (benchmarks/load/counters.py reads it while it runs).
//
//     server PORT COUNTERS
//
// SIGUSR1: one text frame of 128 bytes to every open WebSocket. A client that answers each message with one
// then goes round and round: all clients start to echo at one moment, and only once all of them are held.
// SIGTERM, SIGINT and the end of its parent end it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 1024
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  // RFC 6455, 1.3
#define KICK 128
#define LONGEST 65536  // bytes of one message

static struct {  // in this order in benchmarks/load/counters.py; times are CLOCK_MONOTONIC, in nanoseconds
  uint64_t accepted, handshakes, open, messages, bad, no_descriptor;
  uint64_t first_accept, last_handshake, first_message;
} *counted;
static struct connection { unsigned char *kept; uint32_t length; uint8_t upgraded; } *connections;
static unsigned char in[1 << 18], out[1 << 19];
static volatile sig_atomic_t stopping, kicked;

static void on_stop(int number) { (void)number; stopping = 1; }
static void on_kick(int number) { (void)number; kicked = 1; }

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int send_all(int fd, const unsigned char *bytes, size_t count) {
  while (count) {
    ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN || errno == EINTR) { usleep(50); continue; }
      return -1;
    }
    bytes += sent;
    count -= sent;
  }
  return 0;
}

static void end(int fd) {
  free(connections[fd].kept);
  memset(&connections[fd], 0, sizeof *connections);
  close(fd);
  counted->open--;
}

// The value of a header between `at` and `to`; its length in *length. Null: there is none.
static const char *header(const char *at, const char *to, const char *name, size_t *length) {
  size_t named = strlen(name);
  while (at < to) {
    const char *line_end = memmem(at, to - at, "\r\n", 2);
    if (!line_end) line_end = to;
    if ((size_t)(line_end - at) > named && !strncasecmp(at, name, named) && at[named] == ':') {
      const char *value = at + named + 1;
      while (value < line_end && *value == ' ') value++;
      *length = line_end - value;
      return value;
    }
    at = line_end + 2;
  }
  return NULL;
}

// Answer an upgrade. Returns the bytes it took, 0: it is not all there, -1: it is none.
static ssize_t upgrade(int fd, unsigned char *bytes, size_t count) {
  unsigned char *blank = memmem(bytes, count, "\r\n\r\n", 4), digest[SHA_DIGEST_LENGTH], accept[64];
  if (!blank) return count > 8192 ? -1 : 0;
  size_t key_length, protocol_length;
  const char *from = (char *)bytes, *to = (char *)blank + 2;
  const char *key = header(from, to, "Sec-WebSocket-Key", &key_length);
  const char *protocol = header(from, to, "Sec-WebSocket-Protocol", &protocol_length);
  char keyed[128], answer[1024], named[256] = "";
  if (!key || key_length > 64) return -1;
  memcpy(keyed, key, key_length);
  memcpy(keyed + key_length, GUID, 36);
  SHA1((unsigned char *)keyed, key_length + 36, digest);
  EVP_EncodeBlock(accept, digest, sizeof digest);
  if (protocol) {  // the first that is offered
    size_t first = 0;
    while (first < protocol_length && first < 200 && protocol[first] != ',') first++;
    snprintf(named, sizeof named, "Sec-WebSocket-Protocol: %.*s\r\n", (int)first, protocol);
  }
  int length = snprintf(answer, sizeof answer,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: %s\r\n%s\r\n", accept, named);
  if (send_all(fd, (unsigned char *)answer, length)) return -1;
  connections[fd].upgraded = 1;
  counted->handshakes++;
  counted->last_handshake = now();
  return blank + 4 - bytes;
}

static size_t head(unsigned char *to, unsigned char first, size_t length) {
  to[0] = first;
  if (length < 126) { to[1] = length; return 2; }
  if (length < 65536) { to[1] = 126; to[2] = length >> 8; to[3] = length & 255; return 4; }
  to[1] = 127;
  for (int i = 0; i < 8; i++) to[2 + i] = (uint64_t)length >> (56 - 8 * i);
  return 10;
}

static void unmask(unsigned char *bytes, size_t length, const unsigned char *key) {
  uint32_t half;
  size_t i = 0;
  memcpy(&half, key, 4);
  uint64_t whole = (uint64_t)half << 32 | half, part;
  for (; i + 8 <= length; i += 8) { memcpy(&part, bytes + i, 8); part ^= whole; memcpy(bytes + i, &part, 8); }
  for (; i < length; i++) bytes[i] ^= key[i & 3];
}

// Echo the frames. Returns the bytes of those that were whole, or -1: the connection is over.
static ssize_t echo(int fd, unsigned char *bytes, size_t count) {
  size_t at = 0, filled = 0;
  while (count - at >= 2) {
    unsigned char *frame = bytes + at, opcode = frame[0] & 15;
    uint64_t length = frame[1] & 127;
    size_t before = length == 126 ? 4 : length == 127 ? 10 : 2;
    if (count - at < before + 4) break;
    if (length == 126) length = frame[2] << 8 | frame[3];
    else if (length == 127) { length = 0; for (int i = 0; i < 8; i++) length = length << 8 | frame[2 + i]; }
    if (!(frame[1] & 128) || length > LONGEST) { counted->bad++; return -1; }
    before += 4;
    if (count - at < before + length) break;
    at += before + length;
    unmask(frame + before, length, frame + before - 4);
    if (opcode == 10) continue;  // a pong
    if (opcode < 8) {
      if (!counted->messages++) counted->first_message = now();
    }
    if (filled + length + 16 > sizeof out) {
      if (send_all(fd, out, filled)) return -1;
      filled = 0;
    }
    filled += head(out + filled, opcode == 9 ? 0x8a : frame[0], length);
    memcpy(out + filled, frame + before, length);
    filled += length;
    if (opcode == 8) { send_all(fd, out, filled); return -1; }
  }
  if (filled && send_all(fd, out, filled)) return -1;
  return at;
}

static void accept_all(int epoll, int listener) {
  for (int i = 0; i < 512; i++) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == EMFILE) counted->no_descriptor++;
      return;
    }
    if (!counted->accepted++) counted->first_accept = now();
    counted->open++;
    struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted);
  }
}

static void readable(int fd) {
  struct connection *c = &connections[fd];
  size_t count = c->length;
  if (count) memcpy(in, c->kept, count);
  ssize_t got = recv(fd, in + count, sizeof in - count, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) { end(fd); return; }
  count += got;
  ssize_t used = 0, taken;
  if (!c->upgraded) {
    used = upgrade(fd, in, count);
    if (used < 0) { counted->bad++; end(fd); return; }
  }
  if (c->upgraded) {
    taken = echo(fd, in + used, count - used);
    if (taken < 0) { end(fd); return; }
    used += taken;
  }
  free(c->kept);
  c->kept = NULL;
  if ((c->length = count - used)) {
    c->kept = malloc(c->length);
    memcpy(c->kept, in + used, c->length);
  }
}

static void kick(size_t most) {
  unsigned char frame[KICK + 4];
  size_t filled = head(frame, 0x81, KICK);
  memset(frame + filled, 'x', KICK);
  for (size_t fd = 0; fd < most; fd++)
    if (connections[fd].upgraded) send(fd, frame, filled + KICK, MSG_NOSIGNAL);
  kicked = 0;
}

int main(int count, char **arguments) {
  if (count != 3) { fputs("usage: server PORT COUNTERS\n", stderr); return 2; }
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGTERM, on_stop);
  signal(SIGINT, on_stop);
  signal(SIGUSR1, on_kick);
  int file = open(arguments[2], O_RDWR | O_CREAT, 0644), one = 1;
  if (file < 0 || ftruncate(file, sizeof *counted)) { perror(arguments[2]); return 1; }
  counted = mmap(NULL, sizeof *counted, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (counted == MAP_FAILED) { perror("mmap"); return 1; }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  size_t most = files.rlim_max < 1000000 ? files.rlim_max : 1000000;
  connections = calloc(most, sizeof *connections);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (void *)&address, sizeof address)) { perror("bind"); return 1; }
  if (listen(listener, 65535)) { perror("listen"); return 1; }
  int epoll = epoll_create1(0);
  struct epoll_event wanted = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &wanted);
  static struct epoll_event events[BATCH];
  puts("listening");
  fflush(stdout);
  while (!stopping) {
    int ready = epoll_wait(epoll, events, BATCH, 200);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.fd == listener) accept_all(epoll, listener);
      else readable(events[i].data.fd);
    }
    if (kicked) kick(most);
  }
  return 0;
}
