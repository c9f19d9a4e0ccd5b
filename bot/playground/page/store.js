// What the page knows of the chats. It is filled from the server when the
// stream of events begins and kept up to date by the events.

import * as api from './api.js';

const staffChat = -1001000000001; // the group of the staff, which is there from the start
const typingFor = 6000; // ms that a chat action is shown, as clients do it

// A Chat is one conversation as its person sees it.
export class Chat {
  constructor(info) {
    this.messages = []; // ascending by id, without deleted ones
    this.byId = new Map();
    this.loaded = false;
    this.unread = 0;
    this.unreadFrom = 0; // id of the first unread message, 0 for none
    this.readTo = 0; // the bot has got own messages up to this id
    this.thread = 0; // topic that is open: 0 all
    this.waiting = new Map(); // by topic: messages that came while another one was open
    this.typing = ''; // the bot's chat action
    this.timer = 0;
    this.pending = []; // uploads under way, as messages
    this.settle = null; // takes the bubbles of the upload under way off the page
    this.draft = { text: '', replyTo: 0, edit: 0 };
    this.speaker = 0; // who speaks, 0 for the server's choice
    this.commands = []; // of the bot, in this chat: {command, description}
    this.update(info);
  }

  update(info) {
    this.id = info.id;
    this.private = info.type === 'private';
    this.staff = info.id === staffChat;
    this.title = info.title;
    this.forum = Boolean(info.is_forum);
    this.topics = info.topics || [];
    this.blocked = Boolean(info.blocked);
    this.members = (info.members || []).filter((m) => !['left', 'kicked'].includes(m.status));
    if (this.private) this.speaker = info.id;
    else if (!this.members.some((m) => m.id === this.speaker)) this.speaker = this.members[0]?.id || 0;
    if (this.thread > 1 && !this.topics.some((t) => t.thread === this.thread)) this.thread = 0;
  }

  own(m) {
    return m.from === this.speaker || Boolean(m.pending);
  }

  find(id) {
    return this.byId.get(id) || this.pending.find((m) => m.id === id);
  }

  last() {
    return this.messages[this.messages.length - 1];
  }

  // inThread reports whether a message is in a topic; 1 is the general one,
  // whose messages name none.
  inThread(m, thread = this.thread) {
    return thread === 0 || (m.thread || 1) === thread;
  }

  visible() {
    return [...this.messages, ...this.pending].filter((m) => this.inThread(m));
  }

  // put stores a message and reports whether it was new.
  put(m) {
    const known = this.byId.has(m.id);
    this.byId.set(m.id, m);
    if (known) this.messages[this.messages.findIndex((o) => o.id === m.id)] = m;
    else if (!this.last() || this.last().id < m.id) this.messages.push(m);
    else this.messages.splice(this.messages.findIndex((o) => o.id > m.id), 0, m);
    if (m.from === 'bot' && m.type !== 'service') this.readTo = Math.max(this.readTo, m.id);
    return !known;
  }

  remove(id) {
    this.byId.delete(id);
    this.messages = this.messages.filter((m) => m.id !== id);
  }

  // keyboard is the reply keyboard that is in force, null for none.
  keyboard() {
    for (let i = this.messages.length - 1; i >= 0; i--) {
      const k = this.messages[i].keyboard;
      if (!k) continue;
      if (k.remove || k.force_reply || !k.rows) return null;
      return k.one_time && this.messages.slice(i + 1).some((m) => this.own(m)) ? null : k;
    }
    return null;
  }
}

// A Store holds all chats. on has chats(), redraw(chat), added(chat, m),
// changed(chat, m), removed(chat, id), read(chat), typing(chat) and
// answered(event).
export class Store {
  constructor(on, isOpen) {
    this.on = on;
    this.isOpen = isOpen; // whether a person is looking at a chat
    this.me = {};
    this.chats = new Map();
    this.waiting = null; // events that came while chats were being fetched
    this.started = false;
    this.absent = false; // no bot fetches messages
  }

  list() {
    return [...this.chats.values()];
  }

  // refresh fetches everything. Events that come meanwhile are applied
  // afterwards: each carries the whole message, so the last one wins.
  async refresh() {
    const waiting = [];
    this.waiting = waiting;
    try {
      const [me, infos] = await Promise.all([api.me(), api.chats()]);
      this.me = me;
      const ids = new Set(infos.map((i) => i.id));
      for (const id of this.chats.keys()) if (!ids.has(id)) this.chats.delete(id);
      for (const info of infos) this.chat(info);
      this.on.chats();
      // The open chat first, the others for their previews.
      const order = this.list().sort((a, b) => Number(this.isOpen(b)) - Number(this.isOpen(a)));
      for (const c of order.slice(0, 50)) if (this.waiting === waiting) await this.load(c);
      this.started = true;
    } finally {
      if (this.waiting === waiting) {
        this.waiting = null;
        for (const e of waiting) this.apply(e);
      }
    }
    this.on.chats();
  }

  // about fetches how the bot presents itself in a chat.
  async about(c) {
    const { name, description, commands, polling } = await api.me(c.id);
    this.me = { name, description, polling };
    c.commands = commands || [];
  }

  chat(info) {
    const known = this.chats.get(info.id);
    if (known) known.update(info);
    else this.chats.set(info.id, new Chat(info));
    return this.chats.get(info.id);
  }

  // load fetches the messages of a chat and redraws it when they differ from
  // what is there.
  async load(c) {
    const list = (await api.messages(c.id)).filter((m) => !m.deleted);
    const before = c.last()?.id || 0;
    const same = c.loaded && list.length === c.messages.length && JSON.stringify(list) === JSON.stringify(c.messages);
    if (same) return;
    const restarted = c.loaded && (list[list.length - 1]?.id || 0) < before;
    c.messages = [];
    c.byId.clear();
    for (const m of list) c.put(m);
    if (restarted) c.readTo = 0;
    const news = c.loaded && !restarted && !this.isOpen(c) ? list.filter((m) => m.id > before && !c.own(m)) : [];
    c.unread = restarted ? 0 : c.unread + news.length;
    if (news.length && !c.unreadFrom) c.unreadFrom = news[0].id;
    c.loaded = true;
    this.on.redraw(c);
  }

  // apply takes in one event.
  apply(e) {
    if (this.waiting) {
      this.waiting.push(e);
      return;
    }
    const c = this.chats.get(e.chat);
    if (!c) {
      this.reload();
      return;
    }
    const { chat, kind, ...m } = e;
    switch (kind) {
      case 'message':
        this.message(c, m);
        break;
      case 'edit':
        if (!c.byId.has(m.id)) break;
        c.put(m);
        this.on.changed(c, m);
        break;
      case 'delete':
        c.remove(e.id);
        this.on.removed(c, e.id);
        break;
      case 'read':
        if (e.id <= c.readTo) break;
        c.readTo = e.id;
        this.on.read(c);
        break;
      case 'typing':
        this.typing(c, e.action);
        break;
      case 'callback-answer':
        this.on.answered(c, e);
        break;
      case 'chat':
        this.reload();
        break;
    }
  }

  message(c, m) {
    const fresh = c.put(m);
    if (m.from === 'bot') this.typing(c, ''); // an edit too: it is the answer in place of what was shown
    if (!fresh) {
      this.on.changed(c, m);
      return;
    }
    if (!c.own(m) && !this.isOpen(c)) {
      c.unread++;
      c.unreadFrom ||= m.id;
    }
    if (!c.own(m) && !c.inThread(m)) c.waiting.set(m.thread || 1, (c.waiting.get(m.thread || 1) || 0) + 1);
    if (m.file && c.own(m)) c.settle?.();
    this.on.added(c, m);
    if (m.type === 'service' && !c.private) this.reload(); // topics and members
  }

  typing(c, action) {
    clearTimeout(c.timer);
    c.typing = action === 'cancel' ? '' : action;
    if (c.typing) c.timer = setTimeout(() => this.typing(c, ''), typingFor);
    this.on.typing(c);
  }

  // reload fetches the list of chats, and the messages of those that are new.
  async reload() {
    try {
      for (const info of await api.chats()) {
        const known = this.chats.has(info.id);
        const c = this.chat(info);
        if (!known) await this.load(c);
      }
      this.on.chats();
    } catch (err) {
      if (!(err instanceof api.Refusal)) throw err;
      // The next refresh, at the latest when the stream begins again, makes up for it.
    }
  }
}
