// A lesson's player, once there is a script: it remembers the place and the speed, and is led by keys
// and by the transcript. Without one, the browser's own player begins where the address says.
const EVERY = 5000; // milliseconds

const read = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is forbidden
  }
};
const write = (key, value) => {
  try {
    localStorage.setItem(key, value);
  } catch {
    // as if there had been no visit
  }
};

// Nothing comes from another host before somebody asks for it.
const playElsewhere = (link) => {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const frame = document.createElement("iframe");
    frame.src = link.dataset.player;
    frame.title = link.dataset.title;
    frame.className = "video-frame";
    frame.allow = "autoplay; fullscreen; picture-in-picture; encrypted-media";
    frame.allowFullscreen = true;
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    link.replaceWith(frame);
    frame.focus();
  });
};

const remember = (video, section, signal) => {
  const form = section.querySelector("form");
  const key = `video:${section.dataset.lesson}`;
  let playback, resumed, saved;
  let number = 0;
  const save = () => {
    const seconds = Math.floor(video.currentTime);
    if (!playback || seconds < 1 || seconds === saved) return;
    saved = seconds;
    if (!form) return write(key, seconds);
    const body = new FormData(form);
    number += 1;
    const told = { seconds, playback, number, ago: Date.now() - resumed };
    for (const [name, value] of Object.entries(told)) body.set(name, value);
    const again = () => (saved = undefined);
    fetch(form.action, { method: "POST", body, keepalive: true }).then((r) => r.ok || again(), again);
  };

  const here = new URL(location);
  if (!form && !here.searchParams.has("t") && Number(read(key)) < video.duration - EVERY / 1000) {
    video.currentTime = Number(read(key));
  }
  video.addEventListener("play", () => {
    playback = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
    [resumed, number, saved] = [Date.now(), 0, undefined];
    const address = new URL(location);
    if (!address.searchParams.has("t")) return;
    // Otherwise the page, when it is loaded again, would go back to there.
    address.searchParams.delete("t");
    history.replaceState(history.state, "", address);
  });
  for (const name of ["pause", "seeked", "ended"]) video.addEventListener(name, save);
  document.addEventListener("visibilitychange", () => document.hidden && save(), { signal });
  addEventListener("pagehide", save, { signal });
  const clock = setInterval(() => video.paused || save(), EVERY);
  signal.addEventListener("abort", () => clearInterval(clock));
};

const chooseSpeed = (video, section) => {
  const select = section.querySelector("select");
  const set = (rate) => (video.defaultPlaybackRate = video.playbackRate = rate);
  const known = [...select.options].find(({ value }) => value === read("video:speed"));
  if (known) select.value = known.value;
  set(Number(select.value));
  select.closest("[hidden]").hidden = false;
  select.addEventListener("change", () => {
    set(Number(select.value));
    write("video:speed", select.value);
  });
};

const STEPS = { j: -10, l: 10, ArrowLeft: -5, ArrowRight: 5 };
const obeyKeys = (video, section, signal) => {
  const move = (event) => {
    const { altKey, ctrlKey, defaultPrevented, key, metaKey, shiftKey, target } = event;
    if (altKey || ctrlKey || defaultPrevented || metaKey || shiftKey) return;
    const isOurs = section.contains(target) || target === document.body || target.id === "stage";
    if (!isOurs || target.closest("input, select, textarea, [contenteditable]")) return;
    if (key.startsWith("Arrow") && target === video) return; // the browser's own player takes these
    if (key === "k") video.paused ? video.play() : video.pause();
    else if (STEPS[key]) video.currentTime = Math.max(0, video.currentTime + STEPS[key]);
    else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", move, { signal });
};

const followTranscript = (video, section) => {
  section.addEventListener("click", (event) => {
    const link = event.target.closest("[data-seek]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    video.currentTime = Number(link.dataset.seek);
    video.play().catch(() => {});
    video.scrollIntoView({ block: "nearest" });
  });
  const links = [...section.querySelectorAll("[data-seek]")];
  video.addEventListener("timeupdate", () => {
    for (const list of section.querySelectorAll(".transcript ol")) {
      const said = links.filter((l) => list.contains(l) && l.dataset.seek <= video.currentTime).at(-1);
      const before = list.querySelector("[aria-current]");
      if (said === before) continue;
      before?.removeAttribute("aria-current");
      said?.setAttribute("aria-current", "true");
    }
  });
};

// A note may say where in the video it belongs: [3:07] leads there.
const stampNotes = (video) => {
  const button = document.getElementById("note-time");
  const text = document.getElementById("note-text");
  if (!button || !text) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const parts = [Math.floor(video.currentTime / 60), Math.floor(video.currentTime) % 60];
    if (parts[0] > 59) parts.unshift(Math.floor(parts[0] / 60), parts.shift() % 60);
    const time = parts.map((part, at) => (at ? String(part).padStart(2, "0") : part)).join(":");
    const before = text.value.slice(0, text.selectionStart);
    text.setRangeText(`${/\S$/.test(before) ? " " : ""}[${time}] `, text.selectionStart, text.selectionEnd, "end");
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true })); // which saves it
  });
};

// An address that object storage has signed ends some time: then the shop is asked for another.
const askAgain = (video) => {
  let at;
  video.addEventListener("error", () => {
    if (at === video.currentTime) return;
    at = video.currentTime;
    video.load();
    video.currentTime = at;
  });
};

export default (section) => {
  if (section.dataset.started) return;
  section.dataset.started = "yes";
  const link = section.querySelector("[data-player]");
  if (link) playElsewhere(link);
  const video = section.querySelector("video");
  if (!video) return;
  const gone = new AbortController();
  new MutationObserver((_, observer) => {
    if (section.isConnected) return;
    observer.disconnect();
    gone.abort();
  }).observe(document.body, { childList: true, subtree: true });
  const whenKnown = () => remember(video, section, gone.signal);
  if (video.readyState) whenKnown();
  else video.addEventListener("loadedmetadata", whenKnown, { once: true });
  chooseSpeed(video, section);
  obeyKeys(video, section, gone.signal);
  followTranscript(video, section);
  askAgain(video);
  stampNotes(video);
  video.addEventListener("ended", () => {
    const over = section.querySelector("[data-over]");
    if (over) over.hidden = false;
  });
};
