// The text box and what belongs to it: commands, replies and edits, the bot's
// reply keyboard.

import { $, h, summary, touch } from './dom.js';
import * as api from './api.js';
import { toast } from './over.js';

export class Composer {
  // about(chat) fetches the commands of a chat; files(list, as) opens the sheet
  // for what was pasted; lastOwn(chat) is the message that ↑ edits.
  constructor({ about, files, lastOwn }) {
    this.about = about;
    this.chat = null;
    this.choice = 0; // of the command list
    this.text = $('text');
    this.list = $('command-list');
    $('composer').addEventListener('submit', (e) => {
      e.preventDefault();
      this.submit();
    });
    this.text.addEventListener('input', () => this.changed());
    this.text.addEventListener('keydown', (e) => this.key(e, lastOwn));
    this.text.addEventListener('paste', (e) => {
      const list = [...e.clipboardData.files];
      if (!list.length) return;
      e.preventDefault();
      files(list, list.every((f) => f.type.startsWith('image/')) ? 'photo' : 'file');
    });
    this.text.addEventListener('blur', () => setTimeout(() => {
      if (!$('composer').contains(document.activeElement)) this.suggest(null);
    }, 150));
    $('commands-toggle').addEventListener('click', () => this.suggest(this.list.hidden ? '' : null));
    $('context').querySelector('button').addEventListener('click', () => this.cancel());
  }

  // open turns to a chat and brings back what was being written there.
  open(chat) {
    this.chat = chat;
    this.text.value = chat.draft.text;
    this.suggest(null);
    this.context();
    this.keyboard();
    this.grow();
    this.learn();
    if (!touch()) this.text.focus({ preventScroll: true });
  }

  // learn asks for the commands: a bot may set them at any time.
  async learn() {
    const { chat } = this;
    try {
      await this.about(chat);
    } catch (err) {
      if (!(err instanceof api.Refusal)) throw err;
      return; // the commands of the last time stay
    }
    if (chat !== this.chat) return;
    $('commands-toggle').hidden = chat.commands.length === 0;
    const m = this.prefix();
    if (m !== null && this.list.children.length === 0) this.suggest(m);
  }

  // prefix is the beginning of a command that is being typed, else null.
  prefix() {
    const m = /^\/([a-z0-9_]*)$/i.exec(this.text.value);
    return m ? m[1].toLowerCase() : null;
  }

  focus() {
    this.text.focus({ preventScroll: true });
  }

  changed() {
    this.chat.draft.text = this.text.value;
    this.grow();
    this.suggest(this.prefix());
    if (this.text.value === '/') this.learn();
  }

  grow() {
    this.text.style.height = 'auto';
    this.text.style.height = `${this.text.scrollHeight}px`;
    $('send').disabled = this.text.value.trim() === '';
  }

  key(e, lastOwn) {
    if (e.isComposing || e.keyCode === 229) return; // the Enter of an input method
    const open = !this.list.hidden && this.list.children.length;
    if (open && (e.key === 'ArrowDown' || e.key === 'ArrowUp')) {
      e.preventDefault();
      this.mark(this.choice + (e.key === 'ArrowDown' ? 1 : -1));
      return;
    }
    if (open && e.key === 'Tab' && !e.shiftKey) {
      e.preventDefault();
      this.set(`/${this.list.children[this.choice].dataset.command} `);
      return;
    }
    if (open && e.key === 'Enter' && !e.shiftKey) {
      e.preventDefault();
      this.list.children[this.choice].click();
      return;
    }
    if (e.key === 'Enter' && !e.shiftKey && (!touch() || e.ctrlKey)) {
      e.preventDefault();
      this.submit();
    } else if (e.key === 'Escape') {
      if (!this.list.hidden) this.suggest(null);
      else this.cancel();
    } else if (e.key === 'ArrowUp' && this.text.value === '') {
      const m = lastOwn(this.chat);
      if (m) {
        e.preventDefault();
        this.edit(m);
      }
    }
  }

  set(text) {
    this.text.value = text;
    this.changed();
    this.focus();
  }

  // submit sends the text, or saves the edit. What could not be sent comes back
  // into the box.
  async submit() {
    const chat = this.chat;
    const text = this.text.value.trim();
    if (!text) return;
    const { replyTo, edit } = chat.draft;
    chat.draft = { text: '', replyTo: 0, edit: 0 };
    this.open(chat);
    this.focus();
    try {
      if (edit) await api.act(chat.id, { action: 'edit', message_id: edit, text, from: chat.speaker });
      else await this.say(chat, text, replyTo);
    } catch (err) {
      toast(api.reason(err));
      if (!chat.draft.text) chat.draft = { text, replyTo, edit };
      if (this.chat === chat) this.open(chat);
    }
  }

  say(chat, text, replyTo = 0) {
    return api.text(chat.id, {
      text, from: chat.speaker || undefined, reply_to: replyTo || undefined, thread: chat.thread > 1 ? chat.thread : undefined,
    });
  }

  // post sends a text that was not typed: a command, a key of the keyboard.
  async post(text) {
    this.suggest(null);
    try {
      await this.say(this.chat, text);
    } catch (err) {
      toast(api.reason(err));
    }
  }

  reply(m) {
    Object.assign(this.chat.draft, { replyTo: m.id, edit: 0 });
    this.context();
    this.focus();
  }

  edit(m) {
    this.chat.draft = { text: m.text || m.caption || '', replyTo: 0, edit: m.id };
    this.open(this.chat);
    this.focus();
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
  }

  cancel() {
    if (!this.chat.draft.replyTo && !this.chat.draft.edit) return;
    this.chat.draft = { text: this.chat.draft.edit ? '' : this.text.value, replyTo: 0, edit: 0 };
    this.open(this.chat);
  }

  // context is the strip above the box that says what is answered or edited.
  context() {
    const { replyTo, edit } = this.chat.draft;
    const m = this.chat.find(replyTo || edit);
    const strip = $('context');
    strip.hidden = !m;
    if (!m) return;
    strip.querySelector('use').setAttribute('href', edit ? '#i-edit' : '#i-reply');
    strip.querySelector('b').textContent = edit ? '编辑消息' : `回复 ${this.chat.own(m) ? '自己' : m.from_name || ''}`;
    strip.querySelector('span').textContent = summary(m);
  }

  // suggest shows the commands that begin with a prefix; null closes the list.
  suggest(prefix) {
    const all = prefix === null ? [] : this.chat.commands.filter((c) => c.command.startsWith(prefix));
    this.list.hidden = all.length === 0;
    $('commands-toggle').setAttribute('aria-expanded', String(all.length > 0));
    this.list.replaceChildren(...all.map((c, i) => h('div', {
      role: 'option', id: `command-${i}`, data: { command: c.command }, testid: 'command',
      onmousedown: (e) => e.preventDefault(), // the box keeps the focus
      onclick: () => {
        if (this.text.value.startsWith('/')) this.text.value = '';
        this.changed();
        this.post(`/${c.command}`);
      },
    }, h('b', {}, `/${c.command}`), h('span', {}, c.description))));
    if (all.length) this.mark(0);
    else this.text.removeAttribute('aria-activedescendant');
  }

  mark(i) {
    const all = [...this.list.children];
    this.choice = (i + all.length) % all.length;
    all.forEach((e, n) => e.setAttribute('aria-selected', String(n === this.choice)));
    all[this.choice].scrollIntoView({ block: 'nearest' });
    this.text.setAttribute('aria-activedescendant', all[this.choice].id);
  }

  // keyboard shows the bot's reply keyboard.
  keyboard() {
    const k = this.chat.keyboard();
    const box = $('keyboard');
    box.hidden = !k;
    this.text.placeholder = k?.placeholder || '输入消息';
    box.replaceChildren(...(k ? k.rows.map((row) => h('div', { class: 'key-row' },
      row.map((label) => h('button', { type: 'button', testid: 'reply-key', onclick: () => this.post(label) }, label)))) : []));
  }
}
