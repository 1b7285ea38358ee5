import { LanguageGuesser } from "@colaml/shared/learning/text/language-guess";

function guessOf(text: string, times = 10) {
  const guesser = new LanguageGuesser();
  for (let i = 0; i < times; i++) guesser.add(text);
  return guesser.guess();
}

describe("a guess of the language", () => {
  it.each([
    ["en", "my order never arrived and nobody answers the phone, can you please tell me where it is"],
    [
      "es",
      "mi pedido no ha llegado y nadie contesta al teléfono, me pueden decir dónde está y cuándo lo van a enviar",
    ],
    [
      "pt",
      "o meu pedido não chegou e ninguém atende o telefone, vocês podem me dizer onde está e quando vão enviar",
    ],
    [
      "fr",
      "ma commande n'est jamais arrivée et personne ne répond au téléphone, pouvez-vous me dire où elle est",
    ],
    [
      "de",
      "meine Bestellung ist nie angekommen und niemand geht ans Telefon, können Sie mir sagen wo sie ist",
    ],
    ["it", "il mio ordine non è mai arrivato e nessuno risponde al telefono, potete dirmi dove si trova"],
    [
      "nl",
      "mijn bestelling is nooit aangekomen en niemand neemt de telefoon op, kunt u mij vertellen waar het is",
    ],
    ["sv", "min beställning har aldrig kommit och ingen svarar i telefonen, kan ni berätta var den är"],
    [
      "pl",
      "moje zamówienie nigdy nie dotarło i nikt nie odbiera telefonu, czy możecie mi powiedzieć gdzie jest",
    ],
    [
      "ru",
      "мой заказ так и не пришёл и никто не отвечает на телефон, скажите пожалуйста где он и когда вы его отправите",
    ],
    ["tr", "siparişim hiç gelmedi ve kimse telefona cevap vermiyor, bana nerede olduğunu söyler misiniz"],
    [
      "el",
      "η παραγγελία μου δεν έφτασε ποτέ και κανείς δεν απαντά στο τηλέφωνο, πού είναι και πότε θα τη στείλετε",
    ],
    ["ar", "طلبي لم يصل أبدا ولا أحد يرد على الهاتف هل يمكنكم أن تخبروني أين هو ومتى سترسلونه"],
    ["ja", "注文した商品がまだ届いていません。電話にも誰も出ません。今どこにあるのか教えてください"],
    ["zh", "我的订单一直没有送到，电话也没有人接，请告诉我现在在哪里，什么时候可以送到"],
    ["th", "คำสั่งซื้อของฉันยังไม่มาถึงและไม่มีใครรับโทรศัพท์ ช่วยบอกหน่อยว่าอยู่ที่ไหน"],
  ])("is %s for a text of it", (code, text) => {
    expect(guessOf(text)?.code).toBe(code);
  });

  it("names both of two languages that are about as likely", () => {
    const galician =
      "o meu pedido non chegou e ninguén contesta ao teléfono, pódenme dicir onde está e cando o van enviar";
    expect(guessOf(galician)).toMatchObject({ code: "gl", or: "pt" });
  });

  it("says which share of the words are stop words, of the language and of English", () => {
    // des ich nicht und: German ones; x1y x2y... no words of any
    const { shares } = guessOf("ich nicht und xqzt", 50)!;
    expect(shares).toEqual({ own: 0.75, english: 0 });
  });

  it("is not made from few words, nor from words of no language", () => {
    expect(guessOf("mi pedido no ha llegado", 1)).toBeUndefined();
    expect(guessOf("xqzt vvkq plmq rrtz", 100)).toBeUndefined();
    expect(new LanguageGuesser().guess()).toBeUndefined();
  });
});
