/*
 * notify-receiver ADDRESS COUNT: stands in for systemd in tests. Binds a datagram socket at ADDRESS (a path, or '@' and an
 * abstract name), prints "ready", then COUNT datagrams, each followed by a line "--", and ends.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (argc != 3 || strlen(argv[1]) >= sizeof address.sun_path) {
    fputs("usage: notify-receiver ADDRESS COUNT\n", stderr);
    return 64;
  }
  size_t length = strlen(argv[1]);
  memcpy(address.sun_path, argv[1], length);
  if (argv[1][0] == '@') address.sun_path[0] = '\0';

  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) != 0) {
    perror("notify-receiver");
    return 71;
  }
  puts("ready");
  fflush(stdout);
  for (int left = atoi(argv[2]); left > 0; left--) {
    char message[4096];
    ssize_t got = recv(fd, message, sizeof message, 0);
    if (got < 0) {
      perror("notify-receiver");
      return 71;
    }
    printf("%.*s\n--\n", (int)got, message);
    fflush(stdout);
  }
  return 0;
}
