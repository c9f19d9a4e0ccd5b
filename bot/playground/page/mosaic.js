// Photos in a bubble: one at its own shape, several as rows of a mosaic.

import { h } from './dom.js';

const ratio = (m) => {
  const { width = 4, height = 3 } = m.photo || {};
  return Math.min(Math.max(width / height, 0.5), 2.2);
};

// How many pictures each row gets when the first one stands for itself or not.
const rows = {
  2: [2], 3: [1, 2], 4: [1, 3], 5: [2, 3], 6: [3, 3], 7: [2, 2, 3], 8: [3, 2, 3], 9: [3, 3, 3], 10: [3, 3, 4],
};

// media puts the pictures into the bubble and sets the width of its stack. The
// shapes are known beforehand, so that nothing moves when the bytes arrive.
export function media(pictures, stack, bubble, { source, view, wide }) {
  const all = pictures.map((m) => ({ src: source(m), name: `照片 ${m.id}`, href: m.url || `${source(m)}?download=1` }));
  const one = (m, i) => {
    const img = h('img', { src: all[i].src, alt: m.caption ? `照片:${m.caption}` : '照片', loading: 'lazy', decoding: 'async', onerror: () => b.classList.add('gone') });
    const b = h('button', { type: 'button', class: 'shot', testid: 'photo', data: { messageId: m.id }, 'aria-label': `放大照片${all.length > 1 ? ` ${i + 1}/${all.length}` : ''}`, onclick: () => view(all, i) }, img);
    if (m.pending) b.append(h('span', { class: 'ring', role: 'progressbar', 'aria-label': '正在发送' }));
    return b;
  };
  if (pictures.length === 1) {
    const r = ratio(pictures[0]);
    const natural = Math.max(pictures[0].photo?.width || 400, 120);
    const w = Math.min(natural, r >= 1 ? 400 : Math.max(400 * r, 200));
    stack.style.setProperty('--w', `${Math.round(wide ? Math.max(w, 260) : w)}px`);
    const box = h('div', { class: 'media' }, one(pictures[0], 0));
    box.style.aspectRatio = String(wide && w < 260 ? Math.max(r, 0.8) : r);
    bubble.append(box);
    return;
  }
  stack.style.setProperty('--w', '400px');
  const box = h('div', { class: 'media mosaic' });
  const n = pictures.length;
  if ((n === 3 || n === 4) && ratio(pictures[0]) < 0.9) {
    // A portrait first: it takes the left, the others stand to its right.
    box.classList.add('beside');
    box.append(one(pictures[0], 0), h('div', { class: 'column' }, pictures.slice(1).map((m, i) => one(m, i + 1))));
    bubble.append(box);
    return;
  }
  let plan = rows[n] || Array.from({ length: Math.ceil(n / 3) }, (_, i) => Math.min(3, n - 3 * i));
  if (n === 2 && pictures.every((m) => ratio(m) > 1.2)) plan = [1, 1];
  let at = 0;
  for (const count of plan) {
    const line = h('div', { class: 'line' });
    let sum = 0;
    for (let i = at; i < at + count; i++) {
      const r = Math.max(ratio(pictures[i]), 0.66);
      sum += r;
      const b = one(pictures[i], i);
      b.style.flex = `${r} 1 0`;
      line.append(b);
    }
    line.style.aspectRatio = String(Math.max(sum, count === 1 ? 1.3 : 1.5));
    box.append(line);
    at += count;
  }
  bubble.append(box);
}
