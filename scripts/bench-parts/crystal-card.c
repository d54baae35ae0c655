/*
 * A sound card whose crystal is known: an ALSA device that uses up what is written at exactly `rate * (1 + ppm / 1e6)` frames per
 * second of the machine's monotonic clock, wakes its writers at the end of each period as the interrupt of a card does, and
 * keeps what it has "played", and when. What was dropped before its moment is not kept, as it is not heard from a real card.
 *
 *   pcm.left { type crystal ppm 100 file "/tmp/left" }
 *
 * writes FILE.pcm (16-bit, interleaved) and FILE.runs, a line for each run of the card:
 *   first frame in FILE.pcm, nanoseconds of CLOCK_MONOTONIC at which it was heard
 *
 * For measurements only: no sound comes out of it.
 */
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { CHANNELS = 2, FRAME_BYTES = 4, BUFFER_FRAMES_MAX = 48000, PATH_BYTES = 4000 };

typedef struct {
  snd_pcm_ioplug_t io;
  double ppm;
  int pcm_file;
  int runs_file;
  int is_running;
  int64_t started_ns;
  /* Frames since the run began: given by the writer, and kept as played. */
  uint64_t written;
  uint64_t kept;
  unsigned char ring[BUFFER_FRAMES_MAX * FRAME_BYTES];
} crystal_t;

static int64_t now_ns(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

static double frames_per_ns(const crystal_t *card) { return card->io.rate * (1 + card->ppm / 1e6) / 1e9; }

/* The frame that is heard now, however little was written. */
static uint64_t position(const crystal_t *card) {
  return (uint64_t)floor((double)(now_ns() - card->started_ns) * frames_per_ns(card));
}

static int write_all(int file, const void *bytes, size_t count) {
  const unsigned char *from = bytes;
  while (count > 0) {
    ssize_t done = write(file, from, count);
    if (done < 0) return -errno;
    from += done;
    count -= (size_t)done;
  }
  return 0;
}

/* Keeps what was heard since the last time. */
static int keep(crystal_t *card) {
  if (!card->is_running) return 0;
  uint64_t heard = position(card);
  if (heard > card->written) heard = card->written;
  while (card->kept < heard) {
    uint64_t at = card->kept % card->io.buffer_size;
    uint64_t frames = card->io.buffer_size - at;
    if (frames > heard - card->kept) frames = heard - card->kept;
    int fault = write_all(card->pcm_file, card->ring + at * FRAME_BYTES, frames * FRAME_BYTES);
    if (fault < 0) return fault;
    card->kept += frames;
  }
  return 0;
}

static int crystal_start(snd_pcm_ioplug_t *io) {
  crystal_t *card = io->private_data;
  card->started_ns = now_ns();
  card->is_running = 1;
  char line[100];
  off_t bytes = lseek(card->pcm_file, 0, SEEK_END);
  int length = snprintf(line, sizeof line, "%lld %lld\n", (long long)(bytes / FRAME_BYTES), (long long)card->started_ns);
  int fault = write_all(card->runs_file, line, (size_t)length);
  if (fault < 0) return fault;
  int64_t period_ns = (int64_t)((double)io->period_size / frames_per_ns(card));
  int64_t first_ns = card->started_ns + period_ns;
  struct itimerspec periods = {
      .it_interval = {.tv_sec = period_ns / 1000000000, .tv_nsec = period_ns % 1000000000},
      .it_value = {.tv_sec = first_ns / 1000000000, .tv_nsec = first_ns % 1000000000},
  };
  return timerfd_settime(io->poll_fd, TFD_TIMER_ABSTIME, &periods, NULL) < 0 ? -errno : 0;
}

static int crystal_stop(snd_pcm_ioplug_t *io) {
  crystal_t *card = io->private_data;
  int fault = keep(card);
  card->is_running = 0;
  struct itimerspec none = {0};
  timerfd_settime(io->poll_fd, 0, &none, NULL);
  return fault;
}

static int crystal_prepare(snd_pcm_ioplug_t *io) {
  crystal_t *card = io->private_data;
  card->is_running = 0;
  card->written = 0;
  card->kept = 0;
  return 0;
}

static snd_pcm_sframes_t crystal_pointer(snd_pcm_ioplug_t *io) {
  crystal_t *card = io->private_data;
  if (!card->is_running) return 0;
  int fault = keep(card);
  if (fault < 0) return fault;
  uint64_t heard = position(card);
  if (heard >= card->written) return -EPIPE;
  return (snd_pcm_sframes_t)(heard % io->buffer_size);
}

static snd_pcm_sframes_t crystal_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
                                          snd_pcm_uframes_t offset, snd_pcm_uframes_t size) {
  crystal_t *card = io->private_data;
  int fault = keep(card);
  if (fault < 0) return fault;
  const unsigned char *from = (const unsigned char *)areas->addr + (areas->first + areas->step * offset) / 8;
  for (snd_pcm_uframes_t done = 0; done < size;) {
    uint64_t at = card->written % io->buffer_size;
    uint64_t frames = io->buffer_size - at;
    if (frames > size - done) frames = size - done;
    memcpy(card->ring + at * FRAME_BYTES, from + done * FRAME_BYTES, frames * FRAME_BYTES);
    card->written += frames;
    done += frames;
  }
  return (snd_pcm_sframes_t)size;
}

static int crystal_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *pfd, unsigned int count, unsigned short *revents) {
  uint64_t periods = 0;
  (void)count;
  *revents = 0;
  if ((pfd[0].revents & POLLIN) && read(io->poll_fd, &periods, sizeof periods) > 0) *revents = POLLOUT;
  return 0;
}

static int crystal_close(snd_pcm_ioplug_t *io) {
  crystal_t *card = io->private_data;
  keep(card);
  close(card->pcm_file);
  close(card->runs_file);
  close(io->poll_fd);
  free(card);
  return 0;
}

static const snd_pcm_ioplug_callback_t CALLBACKS = {
    .start = crystal_start,
    .stop = crystal_stop,
    .prepare = crystal_prepare,
    .pointer = crystal_pointer,
    .transfer = crystal_transfer,
    .poll_revents = crystal_poll_revents,
    .close = crystal_close,
};

static int constrain(snd_pcm_ioplug_t *io) {
  static const unsigned int accesses[] = {SND_PCM_ACCESS_RW_INTERLEAVED};
  static const unsigned int formats[] = {SND_PCM_FORMAT_S16_LE};
  int fault = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 1, accesses);
  if (fault >= 0) fault = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 1, formats);
  if (fault >= 0) fault = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_CHANNELS, CHANNELS, CHANNELS);
  if (fault >= 0) fault = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_RATE, 32000, 96000);
  if (fault >= 0)
    fault = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 4096, BUFFER_FRAMES_MAX * FRAME_BYTES);
  if (fault >= 0)
    fault = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 1024, BUFFER_FRAMES_MAX * FRAME_BYTES / 2);
  if (fault >= 0) fault = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIODS, 2, 64);
  return fault;
}

static int open_file(const char *path, const char *ending) {
  char name[PATH_BYTES];
  snprintf(name, sizeof name, "%s.%s", path, ending);
  return open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

SND_PCM_PLUGIN_DEFINE_FUNC(crystal) {
  const char *path = NULL;
  double ppm = 0;
  snd_config_iterator_t at, next;
  (void)root;
  snd_config_for_each(at, next, conf) {
    snd_config_t *entry = snd_config_iterator_entry(at);
    const char *id = NULL;
    if (snd_config_get_id(entry, &id) < 0) continue;
    if (strcmp(id, "file") == 0 && snd_config_get_string(entry, &path) < 0) return -EINVAL;
    if (strcmp(id, "ppm") == 0 && snd_config_get_ireal(entry, &ppm) < 0) return -EINVAL;
  }
  if (path == NULL || stream != SND_PCM_STREAM_PLAYBACK) return -EINVAL;
  crystal_t *card = calloc(1, sizeof *card);
  if (card == NULL) return -ENOMEM;
  card->ppm = ppm;
  card->pcm_file = open_file(path, "pcm");
  card->runs_file = open_file(path, "runs");
  card->io.version = SND_PCM_IOPLUG_VERSION;
  card->io.name = "a card whose crystal is known";
  card->io.callback = &CALLBACKS;
  card->io.private_data = card;
  card->io.poll_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  card->io.poll_events = POLLIN;
  if (card->pcm_file < 0 || card->runs_file < 0 || card->io.poll_fd < 0) return -errno;
  int fault = snd_pcm_ioplug_create(&card->io, name, stream, mode);
  if (fault >= 0) fault = constrain(&card->io);
  if (fault < 0) return fault;
  *pcmp = card->io.pcm;
  return 0;
}

SND_PCM_PLUGIN_SYMBOL(crystal);
