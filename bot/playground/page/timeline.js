// The scrolled list of bubbles. It holds the newest messages as elements and
// makes older ones when one scrolls up to them; an event touches the elements
// that it is about and no others.

import { $, calm, dayKey, dayName, h } from './dom.js';
import { markRead, unit } from './bubble.js';

const firstPage = 60; // units made at once
const most = 240; // units that stay while one is at the end
const apart = 600; // seconds after which a sender's bubbles no longer belong together

export class Timeline {
  // on is handed to the bubbles; seen is called when the end came into view.
  constructor(on, seen) {
    this.log = $('log');
    this.toEnd = $('to-end');
    this.on = on;
    this.seen = seen;
    this.groups = []; // arrays of messages, ascending; an album is one of them
    this.begin = 0; // index of the first group that has an element
    this.elements = new Map(); // by id of each message
    this.missed = 0;
    this.atEnd = true;
    this.gliding = false; // a smooth scroll to the end is under way
    this.log.addEventListener('scroll', () => this.scrolled(), { passive: true });
    this.log.addEventListener('scrollend', () => { this.gliding = false; });
    for (const t of ['wheel', 'touchstart', 'pointerdown']) this.log.addEventListener(t, () => { this.gliding = false; }, { passive: true });
    this.toEnd.addEventListener('click', () => this.end(true));
    new ResizeObserver(() => { if (this.atEnd) this.end(false); }).observe(this.log);
    this.log.addEventListener('keydown', (e) => this.walk(e));
  }

  // show draws a chat, or one topic of it, from scratch, at its end.
  show(chat, ctx, intro) {
    this.chat = chat;
    this.ctx = { ...ctx, on: this.on };
    this.groups = [];
    this.elements.clear();
    this.missed = 0;
    for (const m of chat.visible()) this.place(m);
    this.begin = Math.max(0, this.groups.length - firstPage);
    this.log.replaceChildren();
    if (this.groups.length === 0 && intro) this.log.append(intro);
    for (let i = this.begin; i < this.groups.length; i++) this.append(this.groups[i]);
    this.end(false);
  }

  // place puts m into the last group when both are of one album, else into a
  // new one, and reports which it was.
  place(m) {
    const last = this.groups[this.groups.length - 1];
    if (m.album && last?.[0].album === m.album && last[0].from === m.from) {
      last.push(m);
      return false;
    }
    this.groups.push([m]);
    return true;
  }

  make(group) {
    const e = unit(group, this.ctx);
    for (const m of group) this.elements.set(m.id, e);
    return e;
  }

  // day returns the section of a day at the end or, for older messages, at the
  // beginning.
  day(seconds, older) {
    const key = dayKey(seconds);
    const there = older ? this.log.querySelector('.day') : this.log.lastElementChild;
    if (there?.dataset.day === key) return there;
    const s = h('section', { class: 'day', data: { day: key } }, h('div', { class: 'date' }, h('span', {}, dayName(seconds))));
    if (older) this.log.prepend(s);
    else this.log.append(s);
    return s;
  }

  append(group) {
    this.log.querySelector('.intro')?.remove();
    const s = this.day(group[0].date, false);
    if (this.chat.unreadFrom && group.some((m) => m.id === this.chat.unreadFrom)) s.append(h('div', { class: 'unread-line' }, '未读消息'));
    const e = this.make(group);
    s.append(e);
    this.join(e.previousElementSibling);
    this.join(e);
    return e;
  }

  // older makes elements for what comes before the first one.
  older() {
    if (this.begin === 0) return;
    const below = this.log.scrollHeight - this.log.scrollTop;
    const until = Math.max(0, this.begin - firstPage);
    for (let i = this.begin - 1; i >= until; i--) {
      const s = this.day(this.groups[i][0].date, true);
      const e = this.make(this.groups[i]);
      s.firstElementChild.after(e);
      this.join(e);
      this.join(e.nextElementSibling);
    }
    this.begin = until;
    this.log.scrollTop = this.log.scrollHeight - below;
  }

  // join sets whether a bubble is the first or the last of its sender's run.
  join(e) {
    if (!e?.classList.contains('unit')) return;
    const near = (o) => o?.classList.contains('unit') && !o.classList.contains('service') && o.dataset.from === e.dataset.from
      && Math.abs(this.date(o) - this.date(e)) < apart;
    e.classList.toggle('first', !near(e.previousElementSibling));
    e.classList.toggle('last', !near(e.nextElementSibling));
  }

  date(e) {
    return this.chat.find(Number(e.dataset.id) || e.dataset.id)?.date || 0;
  }

  add(m) {
    const mine = this.ctx.own(m);
    const follow = this.atEnd || mine;
    if (this.place(m)) {
      const e = this.append(this.groups[this.groups.length - 1]);
      if (!calm() && !document.hidden) e.classList.add('arrives');
    } else this.redraw(m.id, this.groups.length - 1);
    if (follow) this.follow();
    else {
      this.missed++;
      this.badge();
    }
  }

  // redraw makes the element of a group again, in its place.
  redraw(id, index = this.groups.findIndex((g) => g.some((m) => m.id === id))) {
    if (index < this.begin) return;
    const group = this.groups[index];
    const old = this.elements.get(group[0].id) || this.elements.get(id);
    if (!old) return;
    const focused = old.contains(document.activeElement);
    const e = this.make(group);
    old.replaceWith(e);
    this.join(e);
    if (focused) e.focus({ preventScroll: true });
    if (this.atEnd) this.follow();
  }

  change(m) {
    const i = this.groups.findIndex((g) => g.some((o) => o.id === m.id));
    if (i < 0) return;
    const g = this.groups[i];
    g[g.findIndex((o) => o.id === m.id)] = m;
    this.redraw(m.id, i);
  }

  drop(id) {
    const i = this.groups.findIndex((g) => g.some((m) => m.id === id));
    if (i < 0) return;
    const e = this.elements.get(id);
    this.elements.delete(id);
    const left = this.groups[i].filter((m) => m.id !== id);
    if (left.length) {
      this.groups[i] = left;
      if (e) this.elements.set(left[0].id, e);
      this.redraw(left[0].id, i);
      return;
    }
    this.groups.splice(i, 1);
    if (i < this.begin) this.begin--;
    if (!e) return;
    const { previousElementSibling: before, nextElementSibling: after, parentElement: s } = e;
    e.remove();
    this.join(before);
    this.join(after);
    if (!s.querySelector('.unit')) s.remove();
  }

  // read turns the ticks of own messages up to id.
  read(id) {
    this.ctx.readTo = Math.max(this.ctx.readTo, id);
    for (let i = this.groups.length - 1; i >= this.begin; i--) {
      const g = this.groups[i];
      if (g[g.length - 1].id > id) continue;
      const e = this.elements.get(g[0].id);
      if (!e || e.dataset.read) break;
      if (this.ctx.own(g[0])) markRead(e);
      e.dataset.read = '1';
    }
  }

  // follow goes to the end with the next frame, once for all that came in this
  // one: to ask for the height after each message would lay out the page as often.
  follow() {
    this.atEnd = true;
    this.gliding = true;
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.trim();
      if (this.atEnd) this.end(true);
    });
  }

  // trim takes away the oldest elements when there are many; scrolling up makes
  // them again.
  trim() {
    if (this.groups.length - this.begin <= most) return;
    const until = this.groups.length - most / 2;
    for (; this.begin < until; this.begin++) {
      const group = this.groups[this.begin];
      const e = this.elements.get(group[0].id);
      for (const m of group) this.elements.delete(m.id);
      const s = e?.parentElement;
      e?.remove();
      if (s && !s.querySelector('.unit')) s.remove();
    }
    this.join(this.log.querySelector('.unit'));
  }

  end(smooth) {
    const glide = smooth && !calm() && this.log.scrollHeight - this.log.scrollTop < 4 * this.log.clientHeight;
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: glide ? 'smooth' : 'instant' });
    this.gliding = glide;
    this.atEnd = true;
    this.missed = 0;
    this.badge();
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    const before = this.atEnd;
    this.atEnd = this.gliding || scrollHeight - scrollTop - clientHeight < 60;
    if (scrollTop < 400) this.older();
    if (this.atEnd) this.missed = 0;
    if (this.atEnd !== before || this.atEnd) this.badge();
    if (this.atEnd) this.seen();
  }

  badge() {
    this.toEnd.hidden = this.atEnd;
    const n = this.toEnd.querySelector('.count');
    n.hidden = this.missed === 0;
    n.textContent = String(this.missed);
  }

  // jump shows a message and marks it for a moment.
  jump(id) {
    const i = this.groups.findIndex((g) => g.some((m) => m.id === id));
    if (i < 0) return;
    while (this.begin > i) this.older();
    const e = this.elements.get(id);
    e.scrollIntoView({ block: 'center', behavior: calm() ? 'instant' : 'smooth' });
    e.classList.remove('marked');
    requestAnimationFrame(() => e.classList.add('marked'));
    setTimeout(() => e.classList.remove('marked'), 1600);
  }

  // walk moves between bubbles with the arrow keys.
  walk(e) {
    if (e.key !== 'ArrowUp' && e.key !== 'ArrowDown') return;
    const here = document.activeElement.closest?.('.unit');
    const all = [...this.log.querySelectorAll('.unit')];
    const to = here ? all[all.indexOf(here) + (e.key === 'ArrowUp' ? -1 : 1)] : all[all.length - 1];
    if (!to || (here && document.activeElement !== here)) return;
    e.preventDefault();
    to.focus();
  }
}
