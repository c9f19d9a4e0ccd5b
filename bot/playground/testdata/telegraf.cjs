// A bot on Telegraf that does the same as grammy.cjs.
const { Telegraf, Markup } = require("telegraf");
const [api, token] = process.argv.slice(2);
const bot = new Telegraf(token, { telegram: { apiRoot: api } });

async function download(ctx, id) {
  const link = await ctx.telegram.getFileLink(id);
  const resp = await fetch(link);
  return Buffer.from(await resp.arrayBuffer());
}

bot.start((ctx) => ctx.reply("开始"));
bot.on("text", (ctx) =>
  ctx.replyWithHTML("<b>收到</b> " + ctx.message.text, {
    ...Markup.inlineKeyboard([Markup.button.callback("改", "edit")]),
    reply_parameters: { message_id: ctx.message.message_id },
  }));
bot.on("callback_query", async (ctx) => {
  await ctx.answerCbQuery("好");
  await ctx.editMessageText("已改");
});
bot.on("photo", async (ctx) => {
  const data = await download(ctx, ctx.message.photo.at(-1).file_id);
  await ctx.sendChatAction("upload_document");
  await ctx.replyWithDocument({ source: data, filename: "核验单.jpg" }, { caption: String(data.length) });
});
bot.on("document", async (ctx) => {
  const data = await download(ctx, ctx.message.document.file_id);
  await ctx.replyWithPhoto({ source: data, filename: "照片.jpg" });
  await ctx.replyWithMediaGroup([
    { type: "document", media: { source: data, filename: "一.jpg" }, caption: "一" },
    { type: "document", media: { source: data, filename: "二.jpg" } },
  ]);
});
process.on("SIGTERM", () => bot.stop("SIGTERM"));
bot.telegram.setMyCommands([{ command: "start", description: "开始" }])
  .then(() => bot.launch(() => console.log("ready")));
