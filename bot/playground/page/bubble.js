// One unit of the conversation: a message, or the messages of an album, as a
// bubble with its buttons.

import { avatar, bytes, clock, extension, h, icon, shown, summary } from './dom.js';
import { downloadURL, fileURL } from './api.js';
import { rich } from './text.js';
import { media } from './mosaic.js';

const colours = {
  pdf: 'red', zip: 'amber', rar: 'amber', jpg: 'blue', jpeg: 'blue', png: 'blue', heic: 'blue', gif: 'violet', webp: 'blue', txt: 'grey', csv: 'green', jsonl: 'green',
};

// source is where the bytes of a message's file are: with the server, or still
// here while it is being sent.
const source = (m) => m.url || fileURL(m.file.id);

// unit makes the element of a group of messages. ctx says who is looking:
// own(m), name(m) or null, topic(m) or null, find(id), readTo, and the listeners on.
export function unit(group, ctx) {
  const m = group[0];
  if (m.type === 'service') {
    return h('div', { class: 'service unit', data: { id: m.id }, testid: 'service' }, h('span', {}, m.service));
  }
  const own = ctx.own(m);
  const e = h('div', {
    class: `unit ${own ? 'own' : 'their'} is-${m.type}`, role: 'article', tabindex: '-1', testid: 'message',
    data: { id: m.id, from: m.from, own: String(own), type: m.type },
  });
  const name = ctx.name(m);
  e.setAttribute('aria-label', `${own ? '我' : m.from_name || ''},${clock(m.date)}`);
  const stack = h('div', { class: 'stack' });
  const bubble = h('div', { class: 'bubble' });
  if (name) bubble.append(h('div', { class: 'name', data: { hue: hue(m) } }, name));
  const topic = ctx.topic(m);
  if (topic) bubble.append(h('button', { type: 'button', class: 'in-topic', onclick: () => ctx.on.topic(m.thread) }, topic));
  if (m.forwarded_from) bubble.append(h('div', { class: 'forwarded' }, `转发自 ${m.forwarded_from}`));
  if (m.reply_to) bubble.append(quote(m, ctx));
  fill(bubble, stack, group, ctx, own);
  stack.append(bubble);
  const keys = keyboard(group[group.length - 1], ctx) || (group.length > 1 ? keyboard(m, ctx) : null);
  if (keys) stack.append(keys);
  if (ctx.group && !own) {
    e.classList.add('in-group');
    bubble.append(avatar(h('span', { class: 'avatar small', 'aria-hidden': 'true' }), m.from === 'bot' ? 0 : m.from, m.from_name));
  }
  e.append(stack);
  return e;
}

const hue = (m) => String(m.from === 'bot' ? 0 : Math.abs(Number(m.from)) % 7);

function quote(m, ctx) {
  const to = ctx.find(m.reply_to);
  return h('button', { type: 'button', class: 'quote', 'aria-label': `回复:${summary(to)}`, onclick: () => ctx.on.jump(m.reply_to) },
    h('b', {}, to ? (ctx.own(to) ? '我' : to.from_name || '') : '消息'), h('span', {}, summary(to)));
}

// fill puts the content into the bubble.
function fill(bubble, stack, group, ctx, own) {
  const m = group[group.length - 1];
  const end = meta(group, ctx, own);
  const pictures = group.filter((g) => g.type === 'photo');
  if (pictures.length) {
    bubble.classList.add('has-media');
    stack.classList.add('has-media');
    const caption = captionOf(group);
    media(pictures, stack, bubble, { source, view: ctx.on.view, wide: Boolean(caption || m.buttons) });
    if (caption) bubble.append(words(caption.caption, caption.spans, end, ctx));
    else {
      end.classList.add('over');
      bubble.append(end);
    }
    return;
  }
  if (m.file) {
    for (const g of group) {
      bubble.append(row(g, ctx));
      if (g.caption && g !== m) bubble.append(words(g.caption, g.spans, null, ctx));
    }
    if (m.caption) bubble.append(words(m.caption, m.spans, end, ctx));
    else bubble.append(end);
    bubble.classList.add('has-file');
    return;
  }
  switch (m.type) {
    case 'sticker':
      bubble.classList.add('bare');
      end.classList.add('over');
      bubble.append(h('span', { class: 'sticker', role: 'img', 'aria-label': `贴纸 ${m.emoji || ''}` }, m.emoji || '🖼'), end);
      return;
    case 'contact':
      bubble.append(h('div', { class: 'card' },
        avatar(h('span', { class: 'avatar', 'aria-hidden': 'true' }), m.contact?.user_id || 3, m.contact?.first_name),
        h('span', {}, h('b', {}, m.contact?.first_name || ''), h('small', {}, m.contact?.phone_number || ''))), end);
      return;
    case 'location':
      bubble.append(h('div', { class: 'card' }, h('span', { class: 'tile', data: { colour: 'green' } }, icon('place')),
        h('span', {}, h('b', {}, '位置'), h('small', {}, `${m.location?.latitude?.toFixed(4)}, ${m.location?.longitude?.toFixed(4)}`))), end);
      return;
  }
  bubble.append(words(m.text || '', m.spans, end, ctx));
}

const captionOf = (group) => {
  const with_ = group.filter((g) => g.caption);
  return with_.length === 1 || group.length === 1 ? with_[0] : null;
};

function words(text, spans, end, ctx) {
  return h('div', { class: 'words', testid: 'text' }, rich(text, spans, ctx.on), end);
}

// meta is the corner with the time: 已编辑, the time, the ticks.
function meta(group, ctx, own) {
  const m = group[group.length - 1];
  const e = h('span', { class: 'meta' });
  if (m.reactions?.length) e.append(h('span', { class: 'reactions', 'aria-label': `回应 ${m.reactions.join(' ')}` }, m.reactions.join(' ')));
  if (m.pinned) e.append(h('span', {}, '已置顶'));
  if (group.some((g) => g.edited)) e.append(h('span', { class: 'edited', testid: 'edited' }, '已编辑'));
  e.append(h('time', { datetime: new Date(m.date * 1000).toISOString(), title: new Date(m.date * 1000).toLocaleString('zh-CN') }, clock(m.date)));
  if (m.pending) e.append(ticks('clock', '正在发送'));
  else if (own) e.append(m.id <= ctx.readTo ? ticks('ticks', '已读') : ticks('tick', '已发送'));
  return e;
}

function ticks(name, label) {
  const s = icon(name);
  s.setAttribute('role', 'img');
  s.removeAttribute('aria-hidden');
  s.setAttribute('aria-label', label);
  s.classList.add('ticks');
  return s;
}

// markRead turns the ticks of a unit.
export function markRead(e) {
  const t = e.querySelector('.meta .ticks');
  if (t) t.replaceWith(ticks('ticks', '已读'));
}

// row is a file: a tile or a small picture, the name, the size, a link that
// downloads the very bytes under their name.
function row(m, ctx) {
  const name = m.file.name || `${m.type}-${m.id}`;
  const ext = extension(name);
  const href = m.url || downloadURL(m.file.id);
  const plain = () => h('span', { class: 'tile', data: { colour: colours[ext] || 'blue' }, 'aria-hidden': 'true' }, m.type === 'voice' ? icon('voice') : ext || icon('file'));
  let tile = plain();
  if (m.type === 'document' && shown(m.file.mime) && m.file.bytes) {
    // What calls itself a picture and is none gets its tile after all.
    tile = h('button', { type: 'button', class: 'thumb', 'aria-label': `查看 ${name}`, onclick: () => ctx.on.view([{ src: source(m), name, href }], 0) },
      h('img', { src: source(m), alt: '', loading: 'lazy', decoding: 'async', onerror: (e) => e.target.parentElement?.replaceWith(plain()) }));
  }
  const label = m.type === 'voice' ? '语音消息' : name;
  const text = h('span', { class: 'file-text' }, h('b', { class: 'file-name' }, middle(label)),
    h('small', {}, m.pending ? progressText(m) : bytes(m.file.bytes)));
  if (m.pending) return h('div', { class: 'file' }, tile, text);
  return h('div', { class: 'file' }, tile,
    h('a', { class: 'file-link', href, download: name, testid: 'file-link', data: { fileId: m.file.id, bytes: m.file.bytes }, 'aria-label': `下载 ${label},${bytes(m.file.bytes)}` },
      text, h('span', { class: 'file-get' }, icon('load'))));
}

// middle lets a long name shrink in its middle, so that the ending stays
// readable.
function middle(name) {
  if (name.length < 12) return [name];
  return [h('span', { class: 'shrinks' }, name.slice(0, -9)), h('span', {}, name.slice(-9))];
}

export const progressText = (m) => (m.progress >= 1 ? '正在处理…' : `${Math.round(m.progress * 100)}% / ${bytes(m.file.bytes)}`);

// keyboard is the buttons below a bubble.
function keyboard(m, ctx) {
  if (!m.buttons?.length) return null;
  return h('div', { class: 'keys' }, m.buttons.map((line) => h('div', { class: 'key-row' }, line.map((b) => key(m, b, ctx)))));
}

function key(m, b, ctx) {
  const label = h('span', {}, b.text);
  const props = { class: 'key', testid: 'button', data: { style: b.style || '', text: b.text } };
  if (b.url) {
    return h('a', { ...props, href: /^(https?|tg|mailto|tel):/i.test(b.url) ? b.url : '#', target: '_blank', rel: 'noopener noreferrer' }, label, icon('link'));
  }
  const mark = b.copy ? icon('copy') : null;
  const e = h('button', { ...props, type: 'button', onclick: () => (b.copy ? ctx.on.copy(b.copy) : ctx.on.press(m, b, e)) }, label, mark);
  return e;
}
