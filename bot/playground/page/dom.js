// Elements, and the words and colours that several parts of the page share.
// What people and bots send reaches the document as text nodes and attributes
// only; nothing here or elsewhere sets innerHTML.

// h makes an element. on… properties are listeners, data an object for the
// dataset; null, undefined and false leave an attribute or a child out.
export function h(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props)) {
    if (v === undefined || v === null || v === false) continue;
    if (k === 'data') Object.assign(e.dataset, v);
    else if (k.startsWith('on')) e.addEventListener(k.slice(2), v);
    else e.setAttribute(k === 'testid' ? 'data-testid' : k, v === true ? '' : v);
  }
  e.append(...children.flat().filter((c) => c !== undefined && c !== null && c !== false));
  return e;
}

export const $ = (id) => document.getElementById(id);

export function icon(name) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(ns, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

// touch reports whether the main pointer is a finger: Enter then makes a new
// line, and the keyboard is not called up unasked.
export const touch = () => matchMedia('(pointer: coarse)').matches;
export const wide = () => matchMedia('(min-width: 900px)').matches;
export const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

const two = (n) => String(n).padStart(2, '0');
const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
const daysAgo = (d) => Math.round((midnight(new Date()) - midnight(d)) / 86400000);

// clock is the time of day of Unix seconds.
export function clock(seconds) {
  const d = new Date(seconds * 1000);
  return `${two(d.getHours())}:${two(d.getMinutes())}`;
}

export function dayName(seconds) {
  const d = new Date(seconds * 1000);
  const ago = daysAgo(d);
  if (ago === 0) return '今天';
  if (ago === 1) return '昨天';
  const year = d.getFullYear() === new Date().getFullYear() ? '' : `${d.getFullYear()}年`;
  return `${year}${d.getMonth() + 1}月${d.getDate()}日`;
}

export const dayKey = (seconds) => String(midnight(new Date(seconds * 1000)));

// when is what the chat list shows: the time today, else the day.
export function when(seconds) {
  const d = new Date(seconds * 1000);
  const ago = daysAgo(d);
  if (ago === 0) return clock(seconds);
  if (ago > 0 && ago < 7) return `周${'日一二三四五六'[d.getDay()]}`;
  return `${d.getMonth() + 1}/${d.getDate()}`;
}

// bytes words a size in units of 1000, as the bot does. Telegram's clients are not
// of one mind, and next to a limit one picture must not have two sizes.
export function bytes(n) {
  if (n < 1000) return `${n} B`;
  if (n < 1e6) return `${(n / 1e3).toFixed(1)} KB`;
  return `${(n / 1e6).toFixed(2)} MB`;
}

// avatar fills an element with a character of a name: the last one for people,
// whose family names repeat, the first one for groups and the bot, who is 0. The
// hue depends on the id only.
export function avatar(e, id, name) {
  const all = [...(name || '?')];
  e.textContent = all[id > 0 ? all.length - 1 : 0];
  e.dataset.hue = String(Math.abs(Number(id)) % 7);
  return e;
}

export function extension(name) {
  const i = (name || '').lastIndexOf('.');
  return i > 0 ? name.slice(i + 1).toLowerCase().slice(0, 5) : '';
}

const kinds = {
  photo: '照片', video: '视频', animation: '动图', audio: '音频', voice: '语音消息', sticker: '贴纸', contact: '联系人', location: '位置',
};

// summary is a message in one line, for lists, replies and announcements.
export function summary(m) {
  if (!m || m.deleted) return '已删除的消息';
  if (m.service) return m.service;
  const text = (m.text || m.caption || '').replace(/\s+/g, ' ').slice(0, 200);
  let what = kinds[m.type] || '';
  if (m.type === 'document') what = m.file?.name || '文件';
  if (m.type === 'sticker') what = `${m.emoji || ''} 贴纸`.trim();
  return [what && text ? `${what},` : what, text].filter(Boolean).join(' ');
}

// shown reports whether browsers draw a picture of this kind by themselves.
export const shown = (mime) => ['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/bmp', 'image/avif'].includes(mime);
