// A bot on grammY that does with every kind of message what the test expects.
// Run by node_test.go with the address and the token as arguments.
const { Bot, InputFile, InlineKeyboard, InputMediaBuilder } = require("grammy");
const [api, token] = process.argv.slice(2);
const bot = new Bot(token, { client: { apiRoot: api } });

async function download(ctx) {
  const file = await ctx.getFile();
  const resp = await fetch(`${api}/file/bot${token}/${file.file_path}`);
  return Buffer.from(await resp.arrayBuffer());
}

bot.command("start", (ctx) => ctx.reply("开始"));
bot.on("message:text", (ctx) =>
  ctx.reply("<b>收到</b> " + ctx.msg.text, {
    parse_mode: "HTML",
    reply_markup: new InlineKeyboard().text("改", "edit"),
    reply_parameters: { message_id: ctx.msg.message_id },
  }));
bot.on("callback_query:data", async (ctx) => {
  await ctx.answerCallbackQuery({ text: "好" });
  await ctx.editMessageText("已改");
});
bot.on("message:photo", async (ctx) => {
  const data = await download(ctx);
  await ctx.replyWithChatAction("upload_document");
  await ctx.replyWithDocument(new InputFile(data, "核验单.jpg"), { caption: String(data.length) });
});
bot.on("message:document", async (ctx) => {
  const data = await download(ctx);
  await ctx.replyWithPhoto(new InputFile(data, "照片.jpg"));
  await ctx.replyWithMediaGroup([
    InputMediaBuilder.document(new InputFile(data, "一.jpg"), { caption: "一" }),
    InputMediaBuilder.document(new InputFile(data, "二.jpg")),
  ]);
});
process.on("SIGTERM", () => bot.stop());
bot.api.setMyCommands([{ command: "start", description: "开始" }])
  .then(() => bot.start({ onStart: () => console.log("ready") }));
