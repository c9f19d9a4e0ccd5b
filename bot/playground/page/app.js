// The page: wires the store to the list, the bubbles and the text box.

import { $, avatar, bytes, h, icon, summary, wide } from './dom.js';
import * as api from './api.js';
import { Store } from './store.js';
import { List, actions, dots } from './list.js';
import { Timeline } from './timeline.js';
import { Composer } from './compose.js';
import { Sheet } from './sheet.js';
import { Calls } from './calls.js';
import { alertBox, copy, menu, toast, viewer } from './over.js';
import { gestures } from './gestures.js';
import { uploads } from './upload.js';
import { drops } from './drop.js';

const app = $('app');
let current = null; // the chat that is open
let online = false;
const presses = new Map(); // callback_query_id -> button, while the bot has not answered

const isOpen = (c) => c === current && !document.hidden && (wide() || app.dataset.view === 'chat') && timeline.atEnd;

const store = new Store({
  chats() {
    list.draw(store.list(), current);
    if (current && !store.chats.has(current.id)) current = null;
    if (!current || app.dataset.view === 'list') route();
    else head();
    $('brand').textContent = store.me.name || '备案助手';
  },
  redraw(c) {
    list.update(c, current);
    if (c === current) show(c);
  },
  added(c, m) {
    list.update(c, current);
    if (c.unread) title();
    if (!c.own(m)) announce(c, m);
    else setTimeout(() => absent(c, m), 3000);
    if (c !== current) return;
    if (c.inThread(m)) timeline.add(m);
    else topics();
    if (m.keyboard || c.own(m)) composer.keyboard();
  },
  changed(c, m) {
    list.update(c, current);
    if (c === current) timeline.change(m);
  },
  removed(c, id) {
    list.update(c, current);
    if (c === current) timeline.drop(id);
  },
  read(c) {
    store.absent = false;
    if (c !== current) return;
    timeline.read(c.readTo);
    status();
  },
  typing(c) {
    list.update(c, current);
    if (c === current) status();
  },
  answered(c, e) {
    release(e.callback_query_id);
    if (!e.text) return;
    if (c !== current || (e.from && e.from !== c.speaker)) return;
    if (e.show_alert) alertBox(e.text);
    else toast(e.text);
  },
}, (c) => isOpen(c));

const on = {
  copy,
  view: viewer,
  jump: (id) => timeline.jump(id),
  command: (text) => composer.post(text),
  topic: (thread) => go(current.id, thread),
  press,
};

const timeline = new Timeline(on, () => seen());
const list = new List((id) => go(id));
const composer = new Composer({ about: (c) => store.about(c), files: (f, as) => sheet.open(f, as), lastOwn });
const sheet = new Sheet((files, as, caption) => send(files, as, caption));
const send = uploads({ current: () => current, timeline, composer, failed: (files, as, caption) => sheet.open(files, as, caption) });
const calls = new Calls();

// press tells the bot of a button; it waits until the bot has answered.
async function press(m, b, e) {
  if (e.getAttribute('aria-busy')) return;
  if (!b.data) {
    toast('这种按钮在本机演示里按不了');
    return;
  }
  e.setAttribute('aria-busy', 'true');
  try {
    const { callback_query_id: id } = await api.press(current.id, { message_id: m.id, data: b.data, from: current.speaker || undefined });
    if (answeredEarly.delete(id)) e.removeAttribute('aria-busy');
    else presses.set(id, e);
    setTimeout(() => release(id), 15000);
  } catch (err) {
    e.removeAttribute('aria-busy');
    toast(api.reason(err));
  }
}

const answeredEarly = new Set(); // the answer can overtake the reply to the press

function release(id) {
  const e = presses.get(id);
  if (e) e.removeAttribute('aria-busy');
  else if (answeredEarly.size < 1000) answeredEarly.add(id);
  presses.delete(id);
}

// absent looks whether any bot is there when a message has not been fetched.
async function absent(c, m) {
  if (c.readTo >= m.id || !c.find(m.id)) return;
  await store.about(c).catch(() => {});
  store.absent = c.readTo < m.id && store.me.polling === false;
  if (current) status();
}

function announce(c, m) {
  if (!store.started || document.hidden) return;
  $('announce').textContent = `${m.from_name || c.title}:${summary(m)}`;
}

function seen() {
  if (!current || document.hidden || !current.unread) return;
  current.unread = 0;
  current.unreadFrom = 0;
  list.update(current, current);
  title();
}

function title() {
  const n = store.list().reduce((sum, c) => sum + c.unread, 0);
  document.title = `${n ? `(${n}) ` : ''}${store.me.name || '备案助手'} · 本机演示`;
}

const editable = (c, m) => c.own(m) && !m.pending && Boolean(m.text || m.caption || m.file);

function lastOwn(c) {
  return c.messages.findLast((m) => c.own(m) && m.text && c.inThread(m));
}

// The chat is in the address, so that the phone's own way back leads to the
// list: #1001, or #-1001000000001/3 for a topic.
function go(id, thread = 0) {
  const hash = `#${id}${thread ? `/${thread}` : ''}`;
  if (location.hash === hash) route();
  else location.hash = hash;
}

function route() {
  const [, id, thread] = /^#(-?\d+)(?:\/(\d+))?$/.exec(location.hash) || [];
  const asked = store.chats.get(Number(id));
  const c = asked || (wide() ? current || store.list()[0] : null);
  app.dataset.view = asked ? 'chat' : 'list';
  if (!c) return;
  const t = asked && c.forum ? Number(thread || 0) : c.thread;
  if (c === current && c.thread === t) {
    head();
    seen();
    return;
  }
  c.thread = t;
  const before = current;
  current = c;
  if (before) list.update(before, current);
  composer.open(c);
  show(c);
}

function show(c) {
  head();
  timeline.show(c, {
    own: (m) => c.own(m), find: (id) => c.find(id), readTo: c.readTo, group: !c.private,
    name: (m) => (c.private || c.own(m) ? null : m.from_name),
    topic: (m) => (c.forum && c.thread === 0 && c.topics.find((t) => t.thread === m.thread)?.name) || null,
  }, c.loaded ? intro(c) : null);
  list.update(c, current);
  composer.keyboard();
  c.unreadFrom = 0;
  if (c.thread) c.waiting.delete(c.thread);
  else c.waiting.clear();
  seen();
  topics();
}

function head() {
  const c = current;
  const bot = store.me.name || '备案助手';
  avatar($('head-avatar'), c.private ? 0 : c.id, c.private ? bot : c.title);
  $('head-title').textContent = c.private ? bot : c.title;
  const people = c.members.filter((m) => m.id !== store.me.id);
  const as = $('speak-as');
  as.hidden = c.private || people.length < 2;
  if (!as.hidden) {
    as.querySelector('select').replaceChildren(...people.map((m) => h('option', { value: String(m.id), selected: m.id === c.speaker }, m.name)));
  }
  status();
  topics();
  title();
}

// status is the line under the name.
function status() {
  const c = current;
  const line = $('head-status');
  line.classList.toggle('acting', online && Boolean(c.typing));
  if (!online) line.replaceChildren('正在连接…');
  else if (c.typing) line.replaceChildren(actions[c.typing] || '正在输入', dots());
  else if (store.absent) line.replaceChildren('机器人没有连上，消息会等它');
  else if (c.private) line.replaceChildren(`机器人 · 您现在是${c.title}`);
  else line.replaceChildren(`${c.members.length + 1} 位成员 · 您现在是${c.members.find((m) => m.id === c.speaker)?.name || '客服'}`);
}

// topics are the tabs of a forum.
function topics() {
  const c = current;
  const bar = $('topics');
  bar.hidden = !c.forum || c.topics.length === 0;
  if (bar.hidden) return;
  const tabs = [{ thread: 0, name: '全部' }, ...(c.topics.some((t) => t.thread === 1) ? [] : [{ thread: 1, name: '综合' }]), ...c.topics];
  bar.replaceChildren(...tabs.map((t) => h('button', {
    type: 'button', role: 'tab', 'aria-selected': String(c.thread === t.thread), testid: 'topic', data: { thread: t.thread }, onclick: () => go(c.id, t.thread),
  }, t.name, t.closed ? ' 🔒' : '', c.waiting.get(t.thread) ? h('span', { class: 'unread' }, String(c.waiting.get(t.thread))) : null)));
}

// intro is what an empty chat shows.
function intro(c) {
  const lines = c.private
    ? ['这里和在 Telegram 里一样用：', h('ul', {}, h('li', {}, '直接问，比如“核验单怎么填”'), h('li', {}, '把照片或文件拖进来，或点回形针'), h('li', {}, '几张图片一起发，可以拼成一张'))]
    : c.staff
      ? ['这里是客服群。机器人答不了的问题会转到这里，知识也在这里增改。']
      : ['这里是普通的群。机器人只在叫到它时回答：发命令，写它的名字（@' + store.me.username + '），或者回复它的消息。'];
  if (c.private && store.me.description) lines.unshift(store.me.description);
  return h('div', { class: 'intro', testid: 'intro' },
    avatar(h('span', { class: 'avatar big', 'aria-hidden': 'true' }), c.private ? 0 : c.id, c.private ? store.me.name || '备案助手' : c.title),
    h('h3', {}, c.private ? '这个机器人能做什么？' : c.title),
    ...lines.map((l) => (typeof l === 'string' ? h('p', {}, l) : l)),
    h('p', { class: 'local' }, '本机演示，不是 Telegram；图片只在内存里。'),
    c.private ? h('button', { type: 'button', class: 'start', testid: 'start', onclick: () => composer.post('/start') }, '开始') : null);
}

// actionsFor are the entries of a message's menu.
function actionsFor(m) {
  const items = [{ icon: 'reply', label: '回复', testid: 'menu-reply', run: () => composer.reply(m) }];
  const text = m.text || m.caption;
  if (text) items.push({ icon: 'copy', label: '复制文字', testid: 'menu-copy', run: () => copy(text) });
  if (m.file && m.type !== 'sticker') {
    items.push({ icon: 'load', label: `下载(${bytes(m.file.bytes)})`, run: () => {
      const a = h('a', { href: api.downloadURL(m.file.id), download: m.file.name || '' });
      a.click();
    } });
  }
  const act = async (body) => {
    try {
      await api.act(current.id, { message_id: m.id, from: current.speaker || undefined, ...body });
    } catch (err) {
      toast(api.reason(err));
    }
  };
  if (editable(current, m) && (m.text || m.caption)) items.push({ icon: 'edit', label: '编辑', testid: 'menu-edit', run: () => composer.edit(m) });
  if (current.own(m) || current.private) items.push({ icon: 'bin', label: '删除', danger: true, testid: 'menu-delete', run: () => act({ action: 'delete' }) });
  return items;
}

function attachMenu() {
  const box = $('attach').getBoundingClientRect();
  const kind = (body) => async () => {
    try {
      await api.send(current.id, { from: current.speaker || undefined, thread: current.thread > 1 ? current.thread : undefined, ...body });
    } catch (err) {
      toast(api.reason(err));
    }
  };
  menu([
    { icon: 'image', label: '照片', testid: 'attach-photo', run: () => $('pick-photo').click() },
    { icon: 'file', label: '文件', testid: 'attach-file', run: () => $('pick-file').click() },
    { icon: 'smile', label: '贴纸', testid: 'attach-sticker', run: kind({ kind: 'sticker' }) },
    { icon: 'voice', label: '语音消息', testid: 'attach-voice', run: kind({ kind: 'voice' }) },
    { icon: 'person', label: '联系人', testid: 'attach-contact', run: kind({ kind: 'contact' }) },
    { icon: 'place', label: '位置', testid: 'attach-location', run: kind({ kind: 'location' }) },
  ], { x: box.left, y: box.top - 8 }, 'above');
}

$('attach').addEventListener('click', attachMenu);
$('back').addEventListener('click', () => {
  if (history.state?.inside) history.back();
  else location.hash = '';
});
$('speak-as').querySelector('select').addEventListener('change', (e) => {
  current.speaker = Number(e.target.value);
  show(current);
});
addEventListener('hashchange', () => {
  if (location.hash) history.replaceState({ inside: true }, '');
  route();
});
matchMedia('(min-width: 900px)').addEventListener('change', () => route());
document.addEventListener('visibilitychange', () => { if (!document.hidden && timeline.atEnd) seen(); });
// Where the keyboard of a phone covers the page instead of making it smaller
// (iOS), the page makes itself smaller, so that the text box stays in sight.
globalThis.visualViewport?.addEventListener('resize', () => {
  const { height, scale } = visualViewport;
  if (scale > 1.01) return; // pinched
  app.style.height = height < innerHeight - 1 ? `${height}px` : '';
  scrollTo(0, 0);
});
// Typing anywhere on the page goes into the text box, as on Telegram's desktop.
document.addEventListener('keydown', (e) => {
  if (e.target !== document.body || e.ctrlKey || e.metaKey || e.altKey || e.key.length !== 1 || !current) return;
  composer.focus();
});

gestures({ log: $('log'), message: (id) => current.find(id), menu: (m, at) => menu(actionsFor(m), at), reply: (m) => composer.reply(m) });
drops({ area: document.querySelector('main.chat'), screen: $('drop'), open: (files, as) => sheet.open(files, as) });

api.listen({
  onEvent: (e) => store.apply(e),
  onState: (s) => {
    online = s === 'online';
    app.dataset.connection = s;
    if (current) status();
  },
  fresh: async () => {
    try {
      await store.refresh();
      calls.fresh();
      app.dataset.ready = 'true';
    } catch (err) {
      if (!(err instanceof api.Refusal)) throw err;
      // The stream has begun and the requests failed: the server is going away.
      // The stream will end too, and begin again with the next server.
    }
  },
});
