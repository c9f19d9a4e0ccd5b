// The list of chats.

import { $, avatar, h, summary, when } from './dom.js';

export const actions = {
  typing: '正在输入', upload_photo: '正在发送照片', upload_document: '正在发送文件', upload_video: '正在发送视频',
  record_voice: '正在录音', upload_voice: '正在发送语音', find_location: '正在查找位置', choose_sticker: '正在选贴纸',
};

// dots are the moving dots after a chat action.
export const dots = () => h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i'));

// A row keeps its element; only what changed is written.
export class List {
  constructor(open) {
    this.open = open;
    this.rows = new Map(); // by chat id
  }

  draw(chats, current) {
    const ul = $('chat-list');
    for (const [id, row] of this.rows) {
      if (chats.some((c) => c.id === id)) continue;
      row.li.remove();
      this.rows.delete(id);
    }
    for (const c of chats) {
      if (!this.rows.has(c.id)) this.add(c, ul);
      this.update(c, current);
    }
  }

  add(c, ul) {
    const row = {
      avatar: avatar(h('span', { class: 'avatar', 'aria-hidden': 'true' }), c.id, c.title),
      title: h('b', {}, c.title), tag: h('span', { class: 'tag' }), time: h('time'), preview: h('span', { class: 'preview' }), unread: h('span', { class: 'unread', testid: 'unread' }),
    };
    row.button = h('button', { type: 'button', testid: 'chat-list-item', data: { chat: c.id }, onclick: () => this.open(c.id) },
      row.avatar, h('span', { class: 'row-1' }, row.title, row.tag, row.time), h('span', { class: 'row-2' }, row.preview, row.unread));
    row.li = h('li', {}, row.button);
    ul.append(row.li);
    this.rows.set(c.id, row);
  }

  update(c, current) {
    const row = this.rows.get(c.id);
    if (!row) return;
    const m = c.last();
    row.title.textContent = c.title;
    row.tag.textContent = c.private ? '申请人' : c.staff ? '客服群' : '群';
    row.time.textContent = m ? when(m.date) : '';
    if (c.typing) row.preview.replaceChildren(h('em', {}, actions[c.typing] || '正在输入'), dots());
    else if (c.draft.text.trim() && c !== current) row.preview.replaceChildren(h('em', { class: 'draft' }, '草稿：'), c.draft.text.slice(0, 100));
    else if (!m) row.preview.replaceChildren(c.private ? '还没有消息' : '群里还没有消息');
    else {
      const who = c.own(m) ? '我：' : c.private || m.service ? '' : `${m.from_name || ''}：`;
      row.preview.replaceChildren(h('span', { class: 'who' }, who), summary(m));
    }
    row.unread.textContent = c.unread ? String(c.unread) : '';
    row.unread.hidden = !c.unread;
    row.unread.setAttribute('aria-label', `${c.unread} 条未读`);
    if (c === current) row.button.setAttribute('aria-current', 'true');
    else row.button.removeAttribute('aria-current');
  }
}
