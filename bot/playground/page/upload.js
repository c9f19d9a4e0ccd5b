// Sending files: a bubble with what is under way, until the server has it.

import { h } from './dom.js';
import * as api from './api.js';
import { toast } from './over.js';
import { progressText } from './bubble.js';

const album = 10; // files in one message group

let serial = 0;

// uploads returns send(files, as, caption) for the chat that is open. Requests
// of one chat go one after the other, in the order in which they were sent. What
// could not be sent goes to failed.
export function uploads({ current, timeline, composer, failed }) {
  const queues = new Map(); // by chat: the promise of its last upload

  async function one(chat, files, fields) {
    const bubbles = await pending(chat, files, fields);
    chat.pending.push(...bubbles);
    const visible = () => current() === chat;
    if (visible()) for (const m of bubbles) timeline.add(m);
    const done = () => {
      chat.settle = null;
      chat.pending = chat.pending.filter((m) => !bubbles.includes(m));
      if (visible()) for (const m of bubbles) timeline.drop(m.id);
      for (const m of bubbles) URL.revokeObjectURL(m.url);
    };
    chat.settle = done; // the messages may come before the answer to the request
    let drawn = 0;
    try {
      await api.upload(chat.id, files, fields, (part) => {
        for (const m of bubbles) m.progress = part;
        if (!visible() || (performance.now() - drawn < 120 && part < 1)) return;
        drawn = performance.now();
        progress(timeline, bubbles);
      });
    } catch (err) {
      toast(api.reason(err));
      if (visible()) failed(files, fields.as, fields.caption);
    } finally {
      if (chat.settle === done) done();
    }
  }

  return (files, as, caption) => {
    const chat = current();
    const { replyTo } = chat.draft;
    composer.cancel();
    let last = queues.get(chat) || Promise.resolve();
    for (let i = 0; i < files.length; i += album) {
      const fields = {
        as, caption: i === 0 ? caption : '', from: chat.speaker, reply_to: i === 0 ? replyTo : 0, thread: chat.thread > 1 ? chat.thread : 0,
      };
      last = last.then(() => one(chat, files.slice(i, i + album), fields));
    }
    queues.set(chat, last);
  };
}

// pending makes the messages that stand for files on their way.
async function pending(chat, files, fields) {
  const group = files.length > 1 ? `sending-${++serial}` : '';
  return Promise.all(files.map(async (f, i) => {
    const url = URL.createObjectURL(f);
    const m = {
      id: `pending-${++serial}`, pending: true, progress: 0, url, from: chat.speaker, date: Date.now() / 1000, album: group, type: fields.as === 'photo' ? 'photo' : 'document',
      file: { id: '', name: f.name, bytes: f.size, mime: f.type }, thread: fields.thread || undefined, caption: i === 0 ? fields.caption : '',
    };
    if (m.type === 'photo') m.photo = await shape(url);
    return m;
  }));
}

// shape is the size of a picture in pixels, read by the browser.
function shape(url) {
  return new Promise((resolve) => {
    const img = h('img', { src: url });
    img.onload = () => resolve({ width: img.naturalWidth, height: img.naturalHeight });
    img.onerror = () => resolve({ width: 4, height: 3 });
  });
}

function progress(timeline, bubbles) {
  const e = timeline.elements.get(bubbles[0].id);
  e?.querySelectorAll('.file small').forEach((s, i) => { s.textContent = progressText(bubbles[i]); });
  e?.querySelectorAll('.ring').forEach((r) => r.style.setProperty('--part', String(bubbles[0].progress)));
}
