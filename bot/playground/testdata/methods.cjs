// Calls many methods through the encoder of a library, and prints those that are
// refused. Run by node_test.go with the library, the address and the token as
// arguments.
const [lib, apiRoot, token] = process.argv.slice(2);
const person = 1001, staff = -1001000000001;

function caller() {
  if (lib === "grammy") {
    const { Api } = require("grammy");
    const raw = new Api(token, { apiRoot }).raw;
    return (method, params) => (Object.keys(params).length ? raw[method](params) : raw[method]());
  }
  const { Telegram } = require("telegraf");
  const telegram = new Telegram(token, { apiRoot });
  return (method, params) => telegram.callApi(method, params);
}

const call = caller();

async function main() {
  const { message_id } = await call("sendMessage", { chat_id: person, text: "x" });
  const post = { chat_id: staff, message_id: (await call("sendMessage", { chat_id: staff, text: "y" })).message_id };
  const topic = { chat_id: staff, message_thread_id: (await call("createForumTopic", { chat_id: staff, name: "话题" })).message_thread_id };
  const from = { chat_id: staff, from_chat_id: person };
  const calls = [
    ["getMe"], ["getWebhookInfo"], ["getChat", { chat_id: staff }], ["getChat", { chat_id: person }],
    ["getChatMember", { chat_id: staff, user_id: 2001 }], ["getChatMemberCount", { chat_id: staff }], ["getChatAdministrators", { chat_id: staff }],
    ["getUserProfilePhotos", { user_id: 2001 }],
    ["pinChatMessage", post], ["unpinChatMessage", post], ["unpinAllChatMessages", { chat_id: staff }],
    ["copyMessage", { ...from, message_id }], ["copyMessages", { ...from, message_ids: [message_id] }],
    ["forwardMessage", { ...from, message_id }], ["forwardMessages", { ...from, message_ids: [message_id] }],
    ["setMessageReaction", { chat_id: person, message_id, reaction: [{ type: "emoji", emoji: "👍" }] }],
    ["editMessageText", { chat_id: person, message_id, text: "z" }],
    ["editMessageReplyMarkup", { chat_id: person, message_id, reply_markup: { inline_keyboard: [[{ text: "b", callback_data: "d" }]] } }],
    ["sendChatAction", { chat_id: person, action: "typing" }], ["sendLocation", { chat_id: person, latitude: 1, longitude: 2 }],
    ["sendContact", { chat_id: person, phone_number: "1", first_name: "n" }],
    ["editForumTopic", { ...topic, name: "新" }], ["closeForumTopic", topic], ["reopenForumTopic", topic],
    ["unpinAllForumTopicMessages", topic], ["deleteForumTopic", topic], ["getForumTopicIconStickers"],
    ["editGeneralForumTopic", { chat_id: staff, name: "大厅" }], ["closeGeneralForumTopic", { chat_id: staff }],
    ["hideGeneralForumTopic", { chat_id: staff }], ["unhideGeneralForumTopic", { chat_id: staff }],
    ["reopenGeneralForumTopic", { chat_id: staff }], ["unpinAllGeneralForumTopicMessages", { chat_id: staff }],
    ["setMyCommands", { commands: [{ command: "a", description: "b" }], scope: { type: "chat_administrators", chat_id: staff } }],
    ["getMyCommands", { scope: { type: "chat_administrators", chat_id: staff } }], ["deleteMyCommands"],
    ["setMyName", { name: "n" }], ["getMyName"], ["setMyDescription", { description: "d" }], ["getMyDescription"],
    ["setMyShortDescription", { short_description: "d" }], ["getMyShortDescription"],
    ["setChatMenuButton", { menu_button: { type: "commands" } }], ["getChatMenuButton"],
    ["setChatTitle", { chat_id: staff, title: "t" }], ["setChatDescription", { chat_id: staff, description: "t" }],
    ["banChatMember", { chat_id: staff, user_id: 1002 }], ["unbanChatMember", { chat_id: staff, user_id: 1002 }],
    ["deleteMessage", { chat_id: person, message_id }], ["deleteMessages", { chat_id: staff, message_ids: [post.message_id] }],
    ["deleteWebhook"], ["getUpdates", { timeout: 0 }],
  ];
  for (const [method, params = {}] of calls) {
    await call(method, params).catch((err) => console.log(method, err.description || err.message));
  }
}

main();
