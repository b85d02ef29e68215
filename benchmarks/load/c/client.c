// One thread, epoll: the floor that a WebSocket client can be measured against. It connects, holds, and answers
// every message of the size that it sends with one of its own; it masks with one key, parses no frame, and
// measures nothing.
//
//     client PORT CONNECTIONS ADDRESSES RATE
//
// ADDRESSES: 0, or so many source addresses from 127.0.0.2 on, in turn. "held" on stdout when all are.
// RATE: 0, or so many messages a second from the first message on, whether those before are answered or not: each
// at a random moment of its own 1/RATE, by a random connection (loadgen/pacing.py), looked at every GRAIN.
// SIGTERM, SIGINT and the end of its parent end it. Exit 1: not all could be connected.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define BATCH 1024
#define PAYLOAD 128
#define ANSWER (PAYLOAD + 4)  // bytes of a frame from a server: 2, and 2 of length
#define PENDING 256           // connects on their way at once
#define GRAIN 500000          // nanoseconds between two looks at what is due: that of loadgen/ticker.py

enum { CONNECTING = 1, UPGRADING, HELD, OVER };
static const char REQUEST[] =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
static unsigned char frame[ANSWER + 4], in[1 << 16], *state;
static uint32_t *received;
static int epoll, started, held, failed, *sockets, rate, timer;
static double began, sent, due;  // seconds; messages; seconds
static struct sockaddr_in server = {.sin_family = AF_INET};

static void fail(int fd) {
  failed += state[fd] < HELD;
  state[fd] = OVER;
  close(fd);
}

static void dial(int addresses) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  started++;
  if (fd < 0) { failed++; return; }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (addresses) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002 + started % addresses)};
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    bind(fd, (void *)&own, sizeof own);
  }
  state[fd] = CONNECTING;
  received[fd] = 0;
  sockets[started - 1] = fd;
  if (connect(fd, (void *)&server, sizeof server) && errno != EINPROGRESS) { fail(fd); return; }
  struct epoll_event wanted = {.events = EPOLLOUT, .data.fd = fd};
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &wanted);
}

static void connected(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) { fail(fd); return; }
  send(fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL);
  state[fd] = UPGRADING;
  struct epoll_event wanted = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &wanted);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static double next(void) { return began + (sent++ + drand48()) / rate; }

static void start_sending(void) {
  timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  struct itimerspec ticks = {.it_interval.tv_nsec = GRAIN, .it_value.tv_nsec = GRAIN};
  timerfd_settime(timer, 0, &ticks, NULL);
  struct epoll_event wanted = {.events = EPOLLIN, .data.fd = timer};
  epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &wanted);
  began = now();
  due = next();
}

static void send_due(void) {
  uint64_t ticks;
  if (read(timer, &ticks, sizeof ticks) < 0) return;
  for (double moment = now(); due <= moment; due = next()) {
    int fd = sockets[(int)(drand48() * started)];
    if (state[fd] == HELD) send(fd, frame, sizeof frame, MSG_NOSIGNAL);
  }
}

static void readable(int fd) {
  ssize_t got = recv(fd, in, sizeof in, 0);
  if (got <= 0) { fail(fd); return; }
  if (state[fd] == UPGRADING) {
    if (memcmp(in, "HTTP/1.1 101", 12) || !memmem(in, got, "\r\n\r\n", 4)) { fail(fd); return; }
    state[fd] = HELD;
    held++;
    return;
  }
  if (rate) {
    if (!timer) start_sending();
    return;
  }
  for (received[fd] += got; received[fd] >= ANSWER; received[fd] -= ANSWER)
    send(fd, frame, sizeof frame, MSG_NOSIGNAL);
}

static void make_frame(void) {
  const unsigned char head[] = {0x82, 0x80 | 126, PAYLOAD >> 8, PAYLOAD & 255, 1, 2, 3, 4};
  memcpy(frame, head, sizeof head);
  memset(frame + sizeof head, 'x', PAYLOAD);
}

int main(int count, char **arguments) {
  if (count != 5) { fputs("usage: client PORT CONNECTIONS ADDRESSES RATE\n", stderr); return 2; }
  int connections = atoi(arguments[2]), addresses = atoi(arguments[3]), said = 0;
  rate = atoi(arguments[4]);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  state = calloc(files.rlim_max, 1);
  received = calloc(files.rlim_max, sizeof *received);
  sockets = calloc(connections, sizeof *sockets);
  server.sin_port = htons(atoi(arguments[1]));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  make_frame();
  epoll = epoll_create1(0);
  static struct epoll_event events[BATCH];
  for (;;) {
    while (started < connections && started - held - failed < PENDING) dial(addresses);
    if (!said && held + failed == connections) {
      if (failed) { fprintf(stderr, "client: %d of %d could not be connected\n", failed, connections); return 1; }
      puts("held");
      fflush(stdout);
      said = 1;
    }
    int ready = epoll_wait(epoll, events, BATCH, 200);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (timer && fd == timer) send_due();
      else if (state[fd] == CONNECTING) connected(fd);
      else if (state[fd] != OVER) readable(fd);
    }
  }
}
