// Telegram's formatted text as nodes.

import { h } from './dom.js';

const tags = {
  bold: 'b', italic: 'i', underline: 'u', strikethrough: 's', code: 'code',
};

// Only these schemes are followed from a message; the rest is shown as text.
function safe(url) {
  try {
    const u = new URL(url, 'https://invalid.invalid');
    return ['http:', 'https:', 'mailto:', 'tel:'].includes(u.protocol) ? url : null;
  } catch {
    return null;
  }
}

export function link(url, ...children) {
  const href = safe(/^[a-z][a-z0-9+.-]*:/i.test(url) ? url : `https://${url}`);
  if (!href) return h('span', {}, ...children);
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, ...children);
}

// wrap makes the node of one entity around its children.
function wrap(e, raw, children, on) {
  switch (e.type) {
    case 'code':
      return h('code', { class: 'copyable', role: 'button', tabindex: '0', title: '点按复制', ...acts(() => on.copy(raw)) }, ...children);
    case 'pre':
      return h('figure', { class: 'pre' },
        h('figcaption', {}, e.language || '', h('button', { type: 'button', onclick: () => on.copy(raw) }, '复制')),
        h('pre', {}, h('code', {}, ...children)));
    case 'spoiler':
      return h('span', { class: 'spoiler', role: 'button', tabindex: '0', 'aria-label': '隐藏的内容，点按显示', ...acts((ev) => {
        ev.currentTarget.classList.add('open');
        ev.currentTarget.removeAttribute('aria-label');
        ev.currentTarget.removeAttribute('role');
      }) }, ...children);
    case 'blockquote':
      return h('blockquote', {}, ...children);
    case 'expandable_blockquote': {
      const q = h('blockquote', { class: 'folds' }, h('div', {}, ...children));
      const b = h('button', { type: 'button', class: 'fold', 'aria-expanded': 'false', onclick: () => {
        const open = q.classList.toggle('open');
        b.setAttribute('aria-expanded', String(open));
        b.textContent = open ? '收起' : '展开';
      } }, '展开');
      q.append(b);
      return q;
    }
    case 'bot_command':
      return h('button', { type: 'button', class: 'inline', onclick: () => on.command(raw) }, ...children);
    case 'url':
      return link(raw, ...children);
    case 'text_link':
      return link(e.url || '', ...children);
    case 'email':
      return link(`mailto:${raw}`, ...children);
    case 'phone_number':
      return link(`tel:${raw}`, ...children);
    case 'mention': case 'hashtag': case 'cashtag': case 'text_mention':
      return h('span', { class: 'mention' }, ...children);
  }
  return h(tags[e.type] || 'span', {}, ...children);
}

// acts makes something that is no button work like one.
function acts(f) {
  return {
    onclick: f,
    onkeydown: (ev) => {
      if (ev.key !== 'Enter' && ev.key !== ' ') return;
      ev.preventDefault();
      f(ev);
    },
  };
}

// rich returns the nodes of a text. Offsets are in UTF-16 units, which is how
// JavaScript counts too. Entities that overlap without nesting are cut at the
// end of the outer one. on has copy(text) and command(text).
export function rich(text, spans, on) {
  const sorted = [...(spans || [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  let next = 0;
  const build = (from, to) => {
    const out = [];
    let at = from;
    while (next < sorted.length && sorted[next].offset < to) {
      const e = sorted[next++];
      const start = Math.max(e.offset, at);
      const end = Math.min(e.offset + e.length, to);
      if (end <= start) continue;
      if (start > at) out.push(text.slice(at, start));
      out.push(wrap(e, text.slice(start, end), build(start, end), on));
      at = end;
      // A block ends its line by itself.
      if (/blockquote|^pre$/.test(e.type) && text[at] === '\n') at++;
    }
    if (at < to) out.push(text.slice(at, to));
    return out;
  };
  return build(0, text.length);
}
