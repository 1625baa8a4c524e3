typedef int nets_room;
